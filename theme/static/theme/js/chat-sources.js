// The sources panel (a sheet on a phone) shows those of one answer: the last one, or the one whose
// citation is pointed at.
//
//   <ol data-sources-panel> <span data-sources-count> <p data-sources-empty>
//   <article data-turn> <ol hidden data-sources> <button data-show-sources data-open="sources">
//   showSources(turn);
import { interpolate, ngettext } from "./words.js";

export function showSources(turn) {
  for (const other of document.querySelectorAll("[data-lit]")) delete other.dataset.lit;
  turn.dataset.lit = "";
  const cards = [...turn.querySelectorAll("[data-sources] > li")];
  const many = ngettext("%(n)s passage", "%(n)s passages", cards.length);
  for (const panel of document.querySelectorAll("[data-sources-panel]")) {
    panel.replaceChildren(...cards.map((card) => card.cloneNode(true)));
  }
  const count = document.querySelector("[data-sources-count]");
  count.textContent = cards.length ? interpolate(many, { n: cards.length }) : "";
  document.querySelector("[data-sources-empty]").hidden = cards.length > 0;
  tellButton(turn, cards.length);
}

function tellButton(turn, count) {
  const button = turn.querySelector("[data-show-sources]");
  button.hidden = count === 0;
  const label = interpolate(ngettext("%(n)s source", "%(n)s sources", count), { n: count });
  button.querySelector("[data-show-sources-label]").textContent = label;
}

document.addEventListener("citation:lit", ({ target }) => {
  if (target.matches("[data-turn]") && !("lit" in target.dataset)) showSources(target);
});

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-show-sources]");
  if (button) showSources(button.closest("[data-turn]"));
});
