import assert from "node:assert/strict";
import { test } from "node:test";

import { openPage } from "./dom.mjs";

openPage("<ul id=notes></ul>");
const { fromFirstMark } = await import("../../static/theme/js/answer-sources.js");
const { fillNotes } = await import("../../static/theme/js/source-notes.js");

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

test("a source says for which day it is, what it differs from and where else it stands", () => {
  const list = document.getElementById("notes");
  fillNotes(list, {
    stood_on: "2025-03-03",
    differs: [2, 4].map((number) => ({ number, kind: "figures" })).concat({ number: 3, kind: "version" }),
    also_in: [
      { title: "Reprint <b>", reference: "p. 3", url: "/documents/a/?page=3" },
      { title: "Copy", reference: "§ 1", url: "/documents/b/?page=1" },
    ],
  });
  const lines = [...list.children].map((line) => line.textContent);
  assert.match(lines[0], /^As it stood on .*2025.* – replaced since$/);
  assert.equal(lines[1], "Another version of this document: [3]");
  assert.equal(lines[2], "Nearly the same words with other figures: [2], [4]");
  assert.equal(lines[3], "Also in: Reprint <b>, p. 3; Copy, § 1");
  const links = [...list.querySelectorAll("a")].map((link) => link.getAttribute("href"));
  assert.deepEqual(links, ["/documents/a/?page=3", "/documents/b/?page=1"]);
  fillNotes(list, { title: "from before there were notes" });
  assert.equal(list.childNodes.length, 0);
});
