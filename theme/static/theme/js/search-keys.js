// j and k go from passage to passage, Enter opens; the chosen one is shown in full at the right.
//
//   <a data-result data-title="…"> with [data-result-section], [data-result-snippet]; beside it,
//   for the best ones, <template data-result-full>
//   <aside data-preview><div data-preview-body hidden> …-title, …-section, …-text, …-link, …-copy
import { copyText } from "./copy.js";
import { isTyping } from "./shortcuts.js";
import { gettext } from "./words.js";

const preview = document.querySelector("[data-preview]");
const visible = () =>
  [...document.querySelectorAll("[data-result]")].filter((row) => row.getClientRects().length);

function choose(row) {
  for (const other of document.querySelectorAll("[data-result][data-on]")) delete other.dataset.on;
  row.dataset.on = "";
  if (!preview) return;
  const part = (name) => preview.querySelector(`[data-preview-${name}]`);
  const section = row.querySelector("[data-result-section]")?.textContent ?? "";
  const reference = row.querySelector(".folio").textContent;
  part("title").textContent = row.dataset.title;
  part("section").textContent = [reference, section].filter(Boolean).join(" · ");
  const full = row.parentElement.querySelector("[data-result-full]")?.content;
  const shown = full ?? row.querySelector("[data-result-snippet]");
  part("text").replaceChildren(...[...shown.childNodes].map((node) => node.cloneNode(true)));
  part("link").href = row.href;
  part("body").hidden = false;
}

function step(by) {
  const rows = visible();
  const at = rows.findIndex((row) => "on" in row.dataset);
  const held = rows.includes(document.activeElement) || scrolledTo;
  const next = rows[at < 0 || !held ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)];
  if (!next) return;
  scrolledTo = true;
  choose(next);
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

let scrolledTo = false; // before the first j the preview shows the best one, which is j's first

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target) || !["j", "k"].includes(event.key)) return;
  event.preventDefault();
  step(event.key === "j" ? 1 : -1);
});

for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, ({ target }) => {
    const row = target.closest?.("[data-result]");
    if (row && !("on" in row.dataset)) choose(row);
  });
}

preview?.querySelector("[data-preview-copy]").addEventListener("click", () => {
  const link = preview.querySelector("[data-preview-link]");
  copyText(link.href, gettext("Link copied"));
});

const first = visible()[0];
if (first) choose(first);
