// Marks what is cited in the text layer of a page, and brings it into view.
//
//   markQuotes({ divs, strings, quotes });   quotes: [{ quote, before }]; how many were found
import { findQuote } from "./viewer-match.js";

export function markQuotes({ divs, strings, quotes }) {
  const found = quotes.map(({ quote, before }) => findQuote(strings, quote, before));
  for (const [piece, spans] of byPiece(found.filter(Boolean).flat())) {
    divs[piece].replaceChildren(...markedPiece(strings[piece], spans));
  }
  return found.filter(Boolean).length;
}

/** Two quotes may end and begin in the same piece. */
function byPiece(spans) {
  const pieces = new Map();
  for (const span of spans) pieces.set(span.piece, [...(pieces.get(span.piece) ?? []), span]);
  return pieces;
}

function markedPiece(text, spans) {
  const parts = [];
  let at = 0;
  for (const { start, end } of spans.toSorted((one, other) => one.start - other.start)) {
    if (end <= at) continue;
    const from = Math.max(start, at);
    const mark = document.createElement("mark");
    mark.className = "cited";
    mark.textContent = text.slice(from, end);
    parts.push(text.slice(at, from), mark);
    at = end;
  }
  return [...parts, text.slice(at)];
}

export function showMark() {
  const places = [...document.querySelectorAll("[data-viewer-boxes] rect, mark.cited")];
  const shown = places.find((place) => place.getClientRects().length > 0);
  shown?.scrollIntoView({ block: "center", behavior: "instant" });
}
