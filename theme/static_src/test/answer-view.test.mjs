import assert from "node:assert/strict";
import fs from "node:fs";
import { beforeEach, test } from "node:test";
import { openPage } from "./dom.mjs";

const endings = ["stopped", "interrupted", "failed", "not_found", "cut"].map(
  (name) => `<div data-ending="${name}" hidden><p data-ending-sentence></p></div>`,
);
const body = `
  <article data-answer>
    <ol data-stages hidden>${["searching", "reading", "answering"].map(
      (name) => `<li data-stage="${name}"><i data-stage-done hidden></i>
        <i data-stage-now hidden></i><span data-stage-label></span></li>`,
    ).join("")}</ol>
    <div data-approved hidden><p data-approved-by></p><b data-approved-question></b></div>
    <b data-regenerate-plain></b><b data-regenerate-documents hidden></b>
    <p data-answer-notice hidden><span data-answer-notice-text></span></p>
    <div data-answer-text aria-busy="true"></div><p data-answer-said></p>
    ${endings.join("")}
    <ol data-sources></ol><ol data-also-found></ol><div data-answer-actions hidden><dd data-detail="model"></dd></div>
  </article>
  <template id="card"><li><b data-source-number></b><b data-source-title></b>
    <q data-source-text></q><a data-source-link></a></li></template>`;
openPage(body);
globalThis.requestAnimationFrame = (run) => run();
const { AnswerView } = await import("../../static/theme/js/answer-view.js");

const golden = JSON.parse(
  fs.readFileSync(new URL("../../../chat/tests/golden/frames.json", import.meta.url), "utf8"),
);
const find = (selector) => document.querySelector(selector);
const shownEndings = () =>
  [...document.querySelectorAll("[data-ending]")].filter((place) => !place.hidden);
const passage = (number) => ({ ...golden.Passages.passages[0], number });

let view;
beforeEach(() => {
  document.body.innerHTML = body;
  view = new AnswerView(find("[data-answer]"), { template: "card" });
  view.start("a");
});

test("every event that the server may send is shown without a fault", () => {
  const events = ["Snapshot", "Stage", "Notice", "Passages", "Text", "Cited", "Located", "UsageReport"];
  const ends = ["Done", "Stopped", "Interrupted", "Failed"];
  for (const name of [...events, ...ends]) view.apply(golden[name]);
  assert.equal(find("[data-detail=model]").textContent, golden.UsageReport.model);
});

test("text grows with its citations, and their sources stand in order", () => {
  view.apply({ type: "passages", passages: [passage(1), passage(2)] });
  view.apply({ type: "citation", citation: { number: 2 } });
  view.apply({ type: "text", text: "Twenty-five [2]" });
  view.apply({ type: "citation", citation: { number: 1 } });
  view.apply({ type: "text", text: " days [1] or so [9]." });
  assert.equal(find("[data-answer-text]").textContent, "Twenty-five2 days1 or so.");
  const sources = document.querySelectorAll("[data-sources] [data-source-number]");
  const numbers = [...sources].map((b) => b.textContent);
  assert.deepEqual(numbers, ["1", "2"]);
  assert.match(find(".cite").getAttribute("href"), /&answer=a$/);
});

test("a snapshot replaces what was there, passages that were lost included", () => {
  view.apply({ type: "passages", passages: [passage(1)] });
  view.apply({ type: "citation", citation: { number: 1 } });
  view.apply({ type: "text", text: "Long and wrong [1]" });
  view.apply({
    type: "snapshot", n: 9, status: "streaming", text: "Short [1]", passages: [], citations: [],
  });
  assert.equal(find("[data-answer-text]").textContent, "Short");
  assert.equal(find("[data-source-number]"), null);
});

test("a notice stands until there is text", () => {
  view.apply(golden.Notice);
  assert.equal(find("[data-answer-notice]").hidden, false);
  view.apply({ type: "text", text: "Now." });
  assert.equal(find("[data-answer-notice]").hidden, true);
});

test("the end is said in words", () => {
  view.apply({ type: "failed", code: "x", sentence: "The model does not answer." });
  assert.deepEqual(shownEndings().map((place) => place.dataset.ending), ["failed"]);
  assert.equal(shownEndings()[0].textContent, "The model does not answer.");
  view.apply({ type: "done", status: "done", code: "answer-cut", sentence: "It was cut." });
  assert.deepEqual(shownEndings().map((place) => place.dataset.ending), ["cut"]);
  view.apply({ type: "done", status: "done", code: "", sentence: "" });
  assert.deepEqual(shownEndings(), []);
  assert.equal(find("[data-answer-text]").getAttribute("aria-busy"), "false");
});

const numbersIn = (list) =>
  [...document.querySelectorAll(`[${list}] [data-source-number]`)].map((b) => b.textContent);

test("what is cited and what was found beside it are kept apart", () => {
  view.apply({ type: "passages", passages: [passage(1), passage(2), passage(3)] });
  assert.deepEqual(numbersIn("data-also-found"), ["1", "2", "3"]);
  view.apply({ type: "citation", citation: { number: 2 } });
  assert.deepEqual(numbersIn("data-sources"), ["2"]);
  assert.deepEqual(numbersIn("data-also-found"), ["1", "3"]);
});

test("where nothing answers all passages were only found", () => {
  view.apply({ type: "passages", passages: [passage(1), passage(2)] });
  view.apply({ type: "done", status: "not_found" });
  assert.deepEqual(numbersIn("data-sources"), []);
  assert.deepEqual(numbersIn("data-also-found"), ["1", "2"]);
});

test("in the end each citation opens on its own words, and its source shows them", () => {
  view.apply({ type: "passages", passages: [passage(1)] });
  view.apply({ type: "citation", citation: { number: 1 } });
  view.apply({ type: "text", text: "25 days [1]." });
  view.apply(golden.Located);
  const { url, cited } = golden.Located.citations[0];
  assert.equal(find(".cite").getAttribute("href"), `${url}&answer=a`);
  assert.equal(find("[data-source-link]").getAttribute("href"), `${url}&answer=a`);
  const { start, text } = passage(1);
  const [[from, to]] = cited;
  assert.equal(find("[data-source-text] mark").textContent, text.slice(from - start, to - start));
});

test("an approved answer says who answers for it, until another takes its place", () => {
  view.apply(golden.Approved);
  assert.equal(find("[data-approved]").hidden, false);
  assert.match(find("[data-approved-by]").textContent, /by Erin, reviewed on .*2026/);
  assert.equal(find("[data-approved-question]").textContent, "How many days of leave?");
  assert.equal(find("[data-regenerate-documents]").hidden, false);
  assert.equal(find("[data-regenerate-plain]").hidden, true);
  view.start("b");
  assert.equal(find("[data-approved]").hidden, true);
  view.apply({ ...golden.Snapshot, status: "done" });
  assert.equal(find("[data-approved]").hidden, false);
});
