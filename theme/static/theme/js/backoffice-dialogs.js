// The dialogs of the list of documents: they name what is lost, or ask for a new name.
//
//   <button data-purge="address" data-title="…">, <button data-rename="address" data-title="…">
import { openDialog } from "./dialogs.js";
import { gettext, interpolate, ngettext } from "./words.js";

// The chosen documents as fields of a form.
export function writeIds(place, chosen) {
  place.replaceChildren(
    ...[...chosen].map((id) => {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "document", value: id });
      return field;
    }),
  );
}

function ask(id, { url, title, text, word }) {
  const dialog = document.getElementById(id);
  const form = dialog.querySelector("form[data-confirm-word]");
  if (url) form.action = url;
  form.reset();
  form.dataset.confirmWord = word;
  dialog.querySelector("[data-dialog-title]").textContent = title;
  dialog.querySelector("[data-dialog-text]").textContent = text;
  dialog.querySelector("[data-dialog-word]").textContent = word;
  dialog.querySelector("[data-confirm-button]").disabled = true;
  openDialog(id);
  dialog.querySelector("[name=confirmation]").focus();
}

export function askToDelete(chosen) {
  const n = chosen.size;
  const title = interpolate(ngettext("Delete %(n)s document?", "Delete %(n)s documents?", n), { n });
  const word = interpolate(ngettext("delete %(n)s document", "delete %(n)s documents", n), { n });
  const text = gettext("They are no longer searched from now on. They can be restored for a while.");
  writeIds(document.querySelector("#bulk-delete [data-ids]"), chosen);
  ask("bulk-delete", { title, text, word });
}

export function askForDates(chosen) {
  const dialog = document.getElementById("bulk-dates");
  dialog.querySelector("form").reset();
  writeIds(dialog.querySelector("[data-ids]"), chosen);
  openDialog("bulk-dates");
}

function askToPurge({ purge, title }) {
  ask("purge", {
    url: purge,
    title: interpolate(gettext("Remove “%(title)s” for good?"), { title }),
    text: gettext("The file and all that was read of it are removed. This cannot be undone."),
    word: title,
  });
}

function askForName({ rename, title }) {
  const form = document.querySelector("#rename form");
  form.action = rename;
  openDialog("rename");
  form.elements.title.value = title;
  form.elements.title.select();
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-rename], [data-purge]");
  if (!button) return;
  button.closest("details").open = false;
  if (button.dataset.rename) askForName(button.dataset);
  else askToPurge(button.dataset);
});
