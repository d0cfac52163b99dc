import assert from "node:assert/strict";
import { test } from "node:test";

import { fromFirstMark } from "../../static/theme/js/answer-sources.js";

const SHOWN = (text, marks) => {
  const [cut, moved] = fromFirstMark(text, marks);
  return [cut, moved.map(([from, to]) => Array.from(cut).slice(from, to).join(""))];
};

test("a text whose words stand at its beginning is shown as it is", () => {
  assert.deepEqual(SHOWN("Employees have 25 days.", [[15, 17]]), ["Employees have 25 days.", ["25"]]);
  assert.deepEqual(fromFirstMark("No mark.", []), ["No mark.", []]);
});

test("a text is shown from the sentence that holds the words cited", () => {
  const text = `${"Other things. ".repeat(20)}You have 25 days. 😀 And more.`;
  const at = text.indexOf("25");
  assert.deepEqual(SHOWN(text, [[at, at + 2]]), ["… You have 25 days. 😀 And more.", ["25"]]);
});

test("where no sentence begins near, a word does, and signs of two units count once", () => {
  const text = `${"😀 word ".repeat(60)}25 days`;
  const at = Array.from(text).indexOf("2");
  const [cut, words] = SHOWN(text, [[at, at + 2]]);
  assert.match(cut, /^… (😀|word) /u);
  assert.deepEqual(words, ["25"]);
});
