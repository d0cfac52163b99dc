// Passages as the page shows them: a row under a search's answer, a card beside a chat's.
//
//   drawSources(root, { passages, cited, template: "source-card", answer });   the template's id
//   <template id="source-card"> with data-source-number, -title, -reference, -section, -text,
//   -place (of the link's words), -notes and -link
import { fillNotes } from "./source-notes.js";
import { gettext, interpolate } from "./words.js";

export function referenceOf(passage) {
  return passage.reference || passage.page_label || `p.\u00a0${passage.page}`;
}

/** The document on the passage's page, with the way back to the answer. */
export function addressOf(passage, answer) {
  return answer ? `${passage.url}&answer=${answer}` : passage.url;
}

export function labelOf(passage) {
  const { number, title } = passage;
  const values = { number, title, reference: referenceOf(passage) };
  return interpolate(gettext("Source %(number)s: %(title)s, %(reference)s"), values);
}

/** The words cited, as offsets into the passage's own text; where not known, the question's. */
export function marksOf({ cited, marks, start }) {
  return cited?.length ? cited.map(([from, to]) => [from - start, to - start]) : marks;
}

/** Text with its found words in <mark>; spans count code points, not UTF-16 units. */
export function markedText(text, marks) {
  const points = Array.from(text);
  const fragment = document.createDocumentFragment();
  let at = 0;
  for (const [start, end] of marks) {
    if (start < at || start >= end) continue;
    fragment.append(points.slice(at, start).join(""));
    const mark = document.createElement("mark");
    mark.textContent = points.slice(start, end).join("");
    fragment.append(mark);
    at = end;
  }
  fragment.append(points.slice(at).join(""));
  return fragment;
}

const REACH = 120;
const BREAK = /(?<=[.!?…])\s+|\n\s*\n\s*/g;

/** A text from the sentence of its first mark on, as chat/snippets.py cuts it: a card shows a few
    lines, and the words cited must be among them. */
export function fromFirstMark(text, marks) {
  const points = Array.from(text);
  const reach = (marks[0]?.[0] ?? 0) - REACH;
  if (reach <= 0) return [text, marks];
  const before = points.slice(reach, reach + REACH).join("");
  const ends = [...before.matchAll(BREAK)].map((found) => found.index + found[0].length);
  const cut = ends.at(-1) ?? before.indexOf(" ") + 1;
  const start = reach + Array.from(before.slice(0, cut)).length;
  const moved = marks.map(([from, to]) => [from - start + 2, to - start + 2]);
  return [`… ${points.slice(start).join("")}`, moved];
}

function sourceNode(template, passage, { answer, shown }) {
  const node = document.getElementById(template).content.firstElementChild.cloneNode(true);
  const put = (name, text) => {
    const place = node.querySelector(`[data-source-${name}]`);
    if (place) place.textContent = text;
    if (place && !text) place.remove();
  };
  node.dataset.source = passage.number;
  put("number", passage.number);
  put("title", passage.title);
  put("reference", referenceOf(passage));
  put("section", passage.section);
  put("place", referenceOf(passage));
  node.querySelector("[data-source-text]")?.replaceChildren(
    markedText(...fromFirstMark(passage.text, marksOf(passage))),
  );
  const notes = node.querySelector("[data-source-notes]");
  const differs = passage.differs?.filter(({ number }) => shown.has(number));
  if (notes) fillNotes(notes, { ...passage, differs });
  node.querySelector("[data-source-link]").href = addressOf(passage, answer);
  return node;
}

/** In their order: those cited, and where the page has a place for them, the others. */
export function drawSources(root, { passages, cited, template, answer }) {
  const inOrder = [...passages.values()].toSorted((a, b) => a.number - b.number);
  const list = root.querySelector("[data-sources]");
  const also = root.querySelector("[data-also-found]");
  const drawn = { answer, shown: also ? passages : cited };
  // The skeleton holds the place until there is something, or the end.
  if (cited.size || !list.querySelector("[data-skeleton]")) {
    fillSources(list, inOrder.filter(({ number }) => cited.has(number)), template, drawn);
  }
  if (!also) return;
  fillSources(also, inOrder.filter(({ number }) => !cited.has(number)), template, drawn);
}

/** What `located` tells of citations, put to their passages. */
export function locate(passages, citations) {
  for (const { number, url, cited } of citations) {
    const passage = passages.get(number);
    if (passage) passages.set(number, { ...passage, url, cited });
  }
}

function fillSources(list, passages, template, drawn) {
  const items = passages.map((passage) => {
    const node = sourceNode(template, passage, drawn);
    if (node.localName === "li") return node;
    const item = document.createElement("li");
    item.append(node);
    return item;
  });
  list.replaceChildren(...items);
}
