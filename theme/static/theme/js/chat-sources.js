// The sources panel (a sheet on a phone) shows those of one answer: the last one, or the one whose
// citation is pointed at.
//
//   <ol data-sources-panel="cited"> <details data-also><ol data-sources-panel="also"></details>
//   <span data-sources-count> <span data-also-count> <p data-sources-empty>
//   <article data-turn> <ol hidden data-sources> <ol hidden data-also-found>
//     <button data-show-sources data-open="sources">
//   showSources(turn);
import { interpolate, ngettext } from "./words.js";

const cardsOf = (turn, list) => [...turn.querySelectorAll(`[${list}] > li`)];

export function showSources(turn) {
  const isOther = !("lit" in turn.dataset);
  for (const other of document.querySelectorAll("[data-lit]")) delete other.dataset.lit;
  turn.dataset.lit = "";
  const cited = cardsOf(turn, "data-sources");
  const also = cardsOf(turn, "data-also-found");
  fillPanels("cited", cited);
  fillPanels("also", also);
  for (const fold of document.querySelectorAll("[data-also]")) {
    fold.hidden = also.length === 0;
    fold.querySelector("[data-also-count]").textContent = also.length;
    if (isOther) delete fold.dataset.touched;
    if (!fold.dataset.touched) fold.open = !cited.length;
  }
  const count = document.querySelector("[data-sources-count]");
  const passages = ngettext("%(n)s passage", "%(n)s passages", cited.length);
  count.textContent = cited.length ? interpolate(passages, { n: cited.length }) : "";
  document.querySelector("[data-sources-empty]").hidden = cited.length + also.length > 0;
  tellButton(turn, cited, also);
}

function fillPanels(kind, cards) {
  for (const panel of document.querySelectorAll(`[data-sources-panel="${kind}"]`)) {
    panel.replaceChildren(...cards.map((card) => card.cloneNode(true)));
  }
}

function tellButton(turn, cited, also) {
  const button = turn.querySelector("[data-show-sources]");
  button.hidden = cited.length + also.length === 0;
  const n = cited.length || also.length;
  const words = cited.length
    ? ngettext("%(n)s source", "%(n)s sources", n)
    : ngettext("%(n)s passage found", "%(n)s passages found", n);
  button.querySelector("[data-show-sources-label]").textContent = interpolate(words, { n });
}

document.addEventListener("citation:lit", ({ target }) => {
  if (target.matches("[data-turn]") && !("lit" in target.dataset)) showSources(target);
});

document.addEventListener("click", ({ target }) => {
  const fold = target.closest?.("[data-also] > summary")?.parentElement;
  if (fold) fold.dataset.touched = "yes"; // from now on it is as its reader wants it
  const button = target.closest?.("[data-show-sources]");
  if (button) showSources(button.closest("[data-turn]"));
});
