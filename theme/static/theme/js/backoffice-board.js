// The list of documents: what is chosen stays chosen while the list loads itself again; the bar
// of actions, the dialogs that name what is lost, the panel's sentence.
import { openDialog } from "./dialogs.js";
import { gettext, interpolate, ngettext } from "./words.js";

const chosen = new Set();
const board = () => document.querySelector("[data-board]");
const boxes = () => [...document.querySelectorAll("[data-select]")];

// --- what is chosen -------------------------------------------------------------------------

function showChoice() {
  const present = boxes();
  const listed = new Set(present.map((box) => box.value));
  // What has left the page is no longer chosen: nobody acts on what they do not see.
  for (const id of chosen) if (!listed.has(id)) chosen.delete(id);
  for (const box of present) box.checked = chosen.has(box.value);
  const all = document.querySelector("[data-select-all]");
  if (all) {
    all.checked = chosen.size > 0 && chosen.size === present.length;
    all.indeterminate = chosen.size > 0 && chosen.size < present.length;
  }
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  bar.hidden = chosen.size === 0;
  bar.querySelector("[data-bulk-count]").textContent = chosen.size ? countText() : "";
  writeIds(bar.querySelector("[data-bulk-ids]"));
  const deleted = new URLSearchParams(location.search).get("state") === "deleted";
  for (const button of bar.querySelectorAll("[data-bulk-present]")) button.hidden = deleted;
  for (const button of bar.querySelectorAll("[data-bulk-deleted]")) button.hidden = !deleted;
}

function countText() {
  const n = chosen.size;
  return interpolate(ngettext("%(n)s document chosen", "%(n)s documents chosen", n), { n });
}

function writeIds(place) {
  place.replaceChildren(
    ...[...chosen].map((id) => {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "document", value: id });
      return field;
    }),
  );
}

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-select]")) {
    if (target.checked) chosen.add(target.value);
    else chosen.delete(target.value);
    showChoice();
  } else if (target.matches("[data-select-all]")) {
    for (const box of boxes()) {
      if (target.checked) chosen.add(box.value);
      else chosen.delete(box.value);
    }
    showChoice();
  } else if (target.matches("[data-board-filter] select")) {
    target.form.requestSubmit();
  }
});

// --- dialogs --------------------------------------------------------------------------------

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

function askToDelete() {
  const n = chosen.size;
  const title = interpolate(ngettext("Delete %(n)s document?", "Delete %(n)s documents?", n), { n });
  const word = interpolate(ngettext("delete %(n)s document", "delete %(n)s documents", n), { n });
  const text = gettext("They are no longer searched from now on. They can be restored for a while.");
  writeIds(document.querySelector("#bulk-delete [data-ids]"));
  ask("bulk-delete", { title, text, word });
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
  const at = (selector) => target.closest?.(selector);
  const menu = at("[data-menu] button");
  if (at("[data-rename]")) askForName(at("[data-rename]").dataset);
  if (at("[data-purge]")) askToPurge(at("[data-purge]").dataset);
  if (at("[data-bulk-delete]")) askToDelete();
  if (at("[data-bulk-none]")) {
    chosen.clear();
    showChoice();
  }
  if (menu && at("[data-rename], [data-purge]")) menu.closest("details").open = false;
});

// --- fragments ------------------------------------------------------------------------------

let late = false;

// The list does not move under an open menu: it follows when the menu is closed.
document.addEventListener("htmx:beforeRequest", (event) => {
  const stale = event.detail.requestConfig?.triggeringEvent?.type === "board-stale";
  if (!stale || !board()?.querySelector("details[open]")) return;
  late = true;
  event.preventDefault();
});

document.addEventListener(
  "toggle",
  ({ target }) => {
    if (!late || target.open || !target.matches("[data-board] details")) return;
    late = false;
    document.body.dispatchEvent(new CustomEvent("board-stale"));
  },
  true,
);

document.addEventListener("htmx:afterSwap", () => {
  showChoice();
  const work = document.getElementById("work");
  const said = document.querySelector("[data-work-summary]");
  // Written only when it differs: a live region would say the same again every second.
  if (work && said && said.textContent !== work.dataset.summary) {
    said.textContent = work.dataset.summary;
  }
  const line = board()?.dataset.line;
  if (line) document.querySelector("[data-list-line]").textContent = line;
  if (Number(work?.dataset.total)) document.querySelector("[data-uploads]").hidden = false;
});

showChoice();
