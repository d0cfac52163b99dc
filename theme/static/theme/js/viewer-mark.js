// Marks the cited passage in the text layer of a page, and brings it into view.
//
//   markQuote({ divs, strings, quote, before });   false where it is not found
import { findQuote } from "./viewer-match.js";

export function markQuote({ divs, strings, quote, before }) {
  const spans = findQuote(strings, quote, before);
  if (!spans) return false;
  for (const { piece, start, end } of spans) {
    const text = strings[piece];
    const mark = document.createElement("mark");
    mark.className = "cited";
    mark.textContent = text.slice(start, end);
    divs[piece].replaceChildren(text.slice(0, start), mark, text.slice(end));
  }
  divs[spans[0].piece].querySelector("mark").id = "cited";
  return true;
}

export function showMark() {
  document.querySelector("mark.cited")?.scrollIntoView({ block: "center", behavior: "instant" });
}
