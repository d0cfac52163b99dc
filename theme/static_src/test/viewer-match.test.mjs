import assert from "node:assert/strict";
import { test } from "node:test";
import { findQuote } from "../../static/theme/js/viewer-match.js";

/** The words that would be marked, piece by piece. */
const marked = (pieces, quote, before) =>
  findQuote(pieces, quote, before)?.map(({ piece, start, end }) => pieces[piece].slice(start, end));

test("a quote is found across the pieces that pdf.js cuts", () => {
  const pieces = ["Rules", " ", "Employees ha", "ve 25 days", " of leave. More."];
  assert.deepEqual(marked(pieces, "Employees have 25 days of leave."), [
    "Employees ha",
    "ve 25 days",
    " of leave.",
  ]);
});

test("white space, hyphens at line ends, ligatures and accents may differ", () => {
  const pieces = ["The conﬁ-", "dential of\u00adﬁce is ouverte l’e\u0301te\u0301"];
  assert.deepEqual(marked(pieces, "confidential office\nis ouverte l'été"), [
    "conﬁ-",
    "dential of\u00adﬁce is ouverte l’e\u0301te\u0301",
  ]);
});

test("of several places the one nearest to the text before counts", () => {
  const pieces = ["Leave is 25 days.", "Sick leave is 25 days.", "Leave is 25 days."];
  const spans = findQuote(pieces, "Leave is 25 days", "Leave is 25 days. Sick leave is 25 days. ");
  assert.deepEqual(spans.map(({ piece }) => piece), [2]);
});

test("where columns are read in another order the lines are found one by one", () => {
  const pieces = ["The left column", "The right column", "goes on below", "ends here today"];
  assert.deepEqual(marked(pieces, "The left column\ngoes on below\nThe right column"), [
    "The left column",
    "goes on below",
    "The right column",
  ]);
});

test("a quote of which too little is there is not marked at all", () => {
  assert.equal(findQuote(["Some other words"], "Some entirely different sentence\nSome other words"), null);
  assert.equal(findQuote(["words"], "?!"), null);
  assert.equal(findQuote([], "words"), null);
});

test("letters beyond the basic plane keep their places", () => {
  assert.deepEqual(marked(["𝒜 𝒜lpha beta"], "beta"), ["beta"]);
  assert.deepEqual(marked(["\u{10400}\u{10401} beta gamma"], "beta gamma"), ["beta gamma"]);
});
