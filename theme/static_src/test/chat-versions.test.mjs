import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { fire, openPage } from "./dom.mjs";

const group = (kind, ids = "") => `<div data-versions="${kind}" data-ids="${ids}" hidden>
  <button form="show-version" name="message" data-version="previous" disabled></button>
  <span data-version-place></span>
  <button form="show-version" name="message" data-version="next" disabled></button></div>`;
const turnHtml = ({ id = "", question = "", answers = id, questions = question, text = "" } = {}) =>
  `<article data-turn data-id="${id}" data-question-id="${question}">
    <time data-question-time datetime="2026-01-02">10:42</time>
    <h2 data-question>${text}</h2><button data-edit-question></button>
    ${group("question", questions)}<div data-answer-text></div>${group("answer", answers)}
  </article>`;
const pageHtml = (turns, { list = "", title = "Leave", find = "" } = {}) => `
  <div data-chat-head><h1 data-chat-title>${title}</h1></div>
  <div data-chat data-conversation="c" data-conversation-url="/chat/">
    <aside><div><form><label><input data-conversations-filter value="${find}"></label></form></div>
      <form data-conversations>${list}</form></aside>
    <div data-thread>${turns}</div><p data-thread-said></p>
    <form id="show-version" action="/chat/c/show/"></form></div>
  <template id="turn-template">${turnHtml()}</template>
  <template id="edit-template"><form data-edit-form><textarea data-edit-text></textarea>
    <button></button><button type="button" data-edit-cancel></button></form></template>`;

openPage();
globalThis.DOMParser = window.DOMParser;
globalThis.FormData = window.FormData;
const { newTurn, putInPlace, settle, takeOver } = await import("../../static/theme/js/chat-turns.js");
const { bindVersions, showVersions, versionsOf } = await import(
  "../../static/theme/js/chat-versions.js"
);
const { bindEdit, isEditing } = await import("../../static/theme/js/chat-edit.js");
const { Refresh, signature } = await import("../../static/theme/js/chat-refresh.js");

const find = (selector) => document.querySelector(selector);
const turns = () => [...document.querySelectorAll("[data-thread] [data-turn]")];
const ids = () => turns().map((turn) => turn.dataset.id);
const entry = (id, title) => `<li data-conversation-entry><a href="/chat/${id}/">
  <span data-conversation-title>${title}</span></a>
  <details><summary>…</summary><button>Pin</button></details></li>`;
const list = (...entries) => `<section data-conversations-group="today">${entries.join("")}</section>
  <p data-conversations-none></p>`;

const ONE = turnHtml({ id: "a1", question: "q1", text: "How many?" });
const TWO = turnHtml({ id: "a2", question: "q2", text: "And then?" });
beforeEach(() => {
  document.body.innerHTML = pageHtml(ONE + TWO);
});

test("a version takes the place of its turn, and what followed is gone", () => {
  const old = turns()[0];
  const turn = newTurn("How many?");
  putInPlace(turn, old);
  takeOver(turn, old);
  settle(turn, { question: "q1", answer: "a3" }, old);
  assert.deepEqual(ids(), ["a3"]);
  assert.deepEqual(versionsOf(turn, "answer"), ["a1", "a3"]);
  assert.equal(turn.querySelector("[data-question-time]").textContent, "10:42");
  const [previous, next] = turn.querySelectorAll('[data-versions="answer"] button');
  assert.deepEqual([previous.value, previous.disabled, next.disabled], ["a1", false, true]);
  assert.match(turn.querySelector('[data-versions="answer"]').textContent, /2 of 2/);
  assert.equal(turn.querySelector('[data-versions="question"]').hidden, true);
});

test("an edited question is a version of the question, its answer has no other", () => {
  const old = turns()[0];
  const turn = newTurn("How many weeks?");
  putInPlace(turn, old);
  settle(turn, { question: "q3", answer: "a3" }, old);
  assert.deepEqual(versionsOf(turn, "question"), ["q1", "q3"]);
  assert.deepEqual(versionsOf(turn, "answer"), ["a3"]);
  assert.equal(turn.querySelector('[data-versions="question"]').hidden, false);
});

test("a version of a question that has others keeps the place among them", () => {
  document.body.innerHTML = pageHtml(
    turnHtml({ id: "a2", question: "q2", questions: "q1 q2 q3", answers: "a2" }),
  );
  const old = turns()[0];
  const turn = newTurn("");
  putInPlace(turn, old);
  settle(turn, { question: "q2", answer: "a4" }, old);
  assert.match(turn.querySelector('[data-versions="question"]').textContent, /2 of 3/);
});

test("a refused version leaves the thread as it was", () => {
  const undo = putInPlace(newTurn("x"), turns()[0]);
  undo();
  assert.deepEqual(ids(), ["a1", "a2"]);
});

test("a refusal does not touch a thread that was put in anew", () => {
  const undo = putInPlace(newTurn("x"), turns()[0]);
  find("[data-thread]").innerHTML = TWO;
  undo();
  assert.deepEqual(ids(), ["a2"]);
});

test("the text of an answer that goes on stays to be seen", () => {
  const old = turns()[0];
  old.querySelector("[data-answer-text]").innerHTML = "<p>So <b>far</b></p>";
  const turn = newTurn("How many?");
  takeOver(turn, old, { keepAnswer: true });
  assert.equal(turn.querySelector("[data-answer-text]").innerHTML, "<p>So <b>far</b></p>");
});

test("a step shows what the server sends, says it, and keeps the focus", async () => {
  const sent = [];
  const there = pageHtml(turnHtml({ id: "a1", question: "q1", answers: "a1 a3" }));
  globalThis.fetch = async (url, { body }) => {
    sent.push([url, body.get("message")]);
    return { ok: true, text: async () => there };
  };
  showVersions(turns()[0], "answer", ["a1", "a3"]);
  bindVersions(find("#show-version"), {
    put(page) {
      find("[data-thread]").replaceChildren(...page.querySelector("[data-thread]").childNodes);
      showVersions(turns()[0], "answer", ["a1", "a3"], 1);
    },
  });
  const submitter = turns()[0].querySelector('[data-versions="answer"] [data-version="previous"]');
  const event = new window.Event("submit", { cancelable: true });
  Object.defineProperty(event, "submitter", { value: submitter });
  find("#show-version").dispatchEvent(event);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(sent, [["http://localhost/chat/c/show/", "a1"]]);
  assert.equal(find("[data-thread-said]").textContent, "Version 1 of 2");
  assert.equal(document.activeElement.dataset.version, "next");
});

test("Enter asks the question in other words, Escape leaves it and stops nothing", () => {
  const asked = [];
  let closed = 0;
  const thread = find("[data-thread]");
  bindEdit(thread, {
    ask: (turn, text) => asked.push([turn.dataset.id, text]),
    closed: () => (closed += 1),
  });
  const button = find("[data-edit-question]");
  fire(button, "click");
  assert.equal(isEditing(thread), true);
  const escape = fire(find("[data-edit-text]"), "keydown", { key: "Escape" });
  assert.ok(escape.defaultPrevented);
  assert.deepEqual([isEditing(thread), closed], [false, 1]);
  assert.equal(document.activeElement, button);
  fire(button, "click");
  find("[data-edit-text]").value = " How many weeks? ";
  const form = find("[data-edit-form]");
  form.requestSubmit = () => fire(form, "submit");
  fire(find("[data-edit-text]"), "keydown", { key: "Enter", shiftKey: true });
  assert.deepEqual(asked, []);
  fire(find("[data-edit-text]"), "keydown", { key: "Enter" });
  assert.deepEqual(asked, [["a1", "How many weeks?"]]);
});

function refreshWith(html, { may = true } = {}) {
  const put = [];
  const refresh = new Refresh(find("[data-chat]"), {
    mayPutThread: () => may,
    threadPut: () => put.push(ids()),
  });
  refresh.put(new window.DOMParser().parseFromString(html, "text/html"));
  return put;
}

test("a thread that has not changed is left alone", () => {
  const node = turns()[0];
  assert.deepEqual(refreshWith(pageHtml(ONE + TWO)), []);
  assert.equal(turns()[0], node);
});

test("another version, or one more beside it, is put in", () => {
  assert.deepEqual(refreshWith(pageHtml(ONE)), [["a1"]]);
  const more = turnHtml({ id: "a1", question: "q1", answers: "a1 a9" });
  assert.notEqual(signature(document), more);
  assert.deepEqual(refreshWith(pageHtml(more)), [["a1"]]);
});

test("a thread in which somebody writes is not put in anew", () => {
  refreshWith(pageHtml(ONE), { may: false });
  assert.deepEqual(ids(), ["a1", "a2"]);
});

test("the list is put in anew: filter, open menu and focus stay", () => {
  const here = list(entry("a", "Leave"), entry("b", "Telework"));
  document.body.innerHTML = pageHtml(ONE, { list: here, find: "lea" });
  const details = document.querySelectorAll("details")[0];
  details.open = true;
  details.querySelector("button").focus();
  refreshWith(pageHtml(ONE, { list: list(entry("b", "Telework"), entry("a", "Leave 2")) }));
  const entries = [...document.querySelectorAll("[data-conversation-entry]")];
  assert.deepEqual(entries.map((item) => item.hidden), [true, false]);
  assert.equal(entries[1].querySelector("details").open, true);
  assert.equal(document.activeElement, entries[1].querySelector("button"));
});

test("a new title is put in, but not over the field of a new one", () => {
  refreshWith(pageHtml(ONE, { title: "Holidays" }));
  assert.equal(find("[data-chat-title]").textContent, "Holidays");
  find("[data-chat-head]").innerHTML = '<input name="title" value="Mine">';
  refreshWith(pageHtml(ONE, { title: "Theirs" }));
  assert.equal(find("[name=title]").value, "Mine");
});

test("several changes in a row are one refresh of the address that is open", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const fetched = [];
  globalThis.fetch = async (url) => {
    fetched.push(url.pathname + url.search);
    return { ok: true, text: async () => pageHtml(ONE) };
  };
  const refresh = new Refresh(find("[data-chat]"), { mayPutThread: () => true, threadPut() {} });
  for (let n = 0; n < 3; n += 1) refresh.soon();
  mock.timers.tick(100);
  for (let n = 0; n < 10; n += 1) await Promise.resolve();
  assert.deepEqual(fetched, ["/chat/c/"]);
  mock.timers.reset();
});
