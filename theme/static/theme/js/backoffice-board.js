// The list of documents: what is chosen stays chosen while the list loads itself again; the bar
// of actions, the panel's sentence.
import { askForDates, askToDelete, writeIds } from "./backoffice-dialogs.js";
import { interpolate, ngettext } from "./words.js";

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
  writeIds(bar.querySelector("[data-bulk-ids]"), chosen);
  const deleted = new URLSearchParams(location.search).get("state") === "deleted";
  for (const button of bar.querySelectorAll("[data-bulk-present]")) button.hidden = deleted;
  for (const button of bar.querySelectorAll("[data-bulk-deleted]")) button.hidden = !deleted;
}

function countText() {
  const n = chosen.size;
  return interpolate(ngettext("%(n)s document chosen", "%(n)s documents chosen", n), { n });
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

document.addEventListener("click", ({ target }) => {
  if (target.closest?.("[data-bulk-delete]")) askToDelete(chosen);
  if (target.closest?.("[data-bulk-dates]")) askForDates(chosen);
  if (target.closest?.("[data-bulk-none]")) {
    chosen.clear();
    showChoice();
  }
});

// --- fragments ------------------------------------------------------------------------------

let late = false;

// The list does not move under an open menu: it follows when the menu is closed.
document.addEventListener("htmx:beforeRequest", (event) => {
  const type = event.detail.requestConfig?.triggeringEvent?.type;
  const isRows = event.detail.elt.matches("[data-rows]");
  if (!isRows && type !== "board-stale") return;
  if (!board()?.querySelector("details[open]")) return;
  late ||= !isRows; // the rows ask again by themselves
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
  if (Number(work?.dataset.total) || "held" in (work?.dataset ?? {})) document.querySelector("[data-uploads]").hidden = false;
});

showChoice();
