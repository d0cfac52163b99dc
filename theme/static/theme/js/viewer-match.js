// Finds a quote in the pieces of text that pdf.js gives, though it was extracted by another
// program: white space, hyphens at line ends, ligatures, accents and punctuation may differ.
//
//   findQuote(["Employ", "ees have"], "Employees have", textBefore)
//   → [{ piece: 0, start: 0, end: 6 }, …] in UTF-16 units, or null
const LETTER = /[\p{L}\p{N}]/u;
const SHORTEST_LINE = 10; // letters; a shorter line is found anywhere
const ENOUGH = 0.6; // share of the quote's letters below which a mark would mislead

/** Only letters and digits, without accents; for each of them where it came from. */
function fold(pieces) {
  const letters = [];
  const origins = [];
  pieces.forEach((text, piece) => {
    let at = 0;
    for (const character of text) {
      const end = at + character.length;
      for (const letter of character.normalize("NFKD").toLowerCase()) {
        if (!LETTER.test(letter)) continue;
        letters.push(letter);
        origins.push({ piece, start: at, end });
      }
      at = end;
    }
  });
  return { text: letters.join(""), units: unitsOf(letters), origins };
}

/** From positions in the joined string (UTF-16) to positions among the letters. */
function unitsOf(letters) {
  if (letters.every((letter) => letter.length === 1)) return null;
  const units = [];
  letters.forEach((letter, index) => {
    for (let unit = 0; unit < letter.length; unit += 1) units.push(index);
  });
  return units;
}

const letterAt = (folded, position) => (folded.units ? folded.units[position] : position);

/** Where `wanted` stands in `text`, the place nearest to `expected`; -1 where nowhere. */
function nearest(text, wanted, expected) {
  let best = -1;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    if (best < 0 || Math.abs(at - expected) < Math.abs(best - expected)) best = at;
    else break;
  }
  return best;
}

function stretches(folded, quote, expected) {
  const whole = fold([quote]).text;
  if (!whole) return [];
  const at = nearest(folded.text, whole, expected);
  if (at >= 0) return [[at, at + whole.length]];
  // Columns and tables are read in another order: then line by line.
  const lines = quote.split(/\n+/).map((line) => fold([line]).text);
  const found = [];
  let held = 0;
  for (const line of lines) {
    if (line.length < SHORTEST_LINE) continue;
    const start = nearest(folded.text, line, expected);
    if (start < 0) continue;
    held += line.length;
    found.push([start, start + line.length]);
  }
  return held >= ENOUGH * whole.length ? found : [];
}

export function findQuote(pieces, quote, before = "") {
  const folded = fold(pieces);
  const spans = new Map();
  for (const [from, to] of stretches(folded, quote, fold([before]).text.length)) {
    const first = folded.origins[letterAt(folded, from)];
    const last = folded.origins[letterAt(folded, to - 1)];
    for (let piece = first.piece; piece <= last.piece; piece += 1) {
      const text = pieces[piece];
      const start = piece === first.piece ? first.start : 0;
      const end = piece === last.piece ? withPunctuation(text, last.end) : text.length;
      if (text.slice(start, end).trim()) grow(spans, { piece, start, end });
    }
  }
  return spans.size ? [...spans.values()] : null;
}

/** The sentence's own end belongs to it, though only letters were compared. */
function withPunctuation(text, end) {
  return end + text.slice(end).match(/^[\p{M}\p{P}\p{S}]*/u)[0].length;
}

function grow(spans, { piece, start, end }) {
  const known = spans.get(piece);
  if (!known) spans.set(piece, { piece, start, end });
  else Object.assign(known, { start: Math.min(known.start, start), end: Math.max(known.end, end) });
}
