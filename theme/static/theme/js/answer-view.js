// Shows one answer as its events come: stages, text with citations, sources, how it ended.
//
//   <article data-answer> holding [data-stages], [data-answer-notice], [data-answer-text],
//   [data-answer-said], [data-sources] (and [data-also-found], what is not cited),
//   [data-ending="stopped"…], [data-answer-actions] and
//   [data-detail="model"…]
//
//   const view = new AnswerView(root, { template: "source-card", changed: () => … });
//   view.start(answer);  view.apply(frame);
import { showApproved } from "./answer-approved.js";
import { tellDetails } from "./answer-details.js";
import { showEnding, showNotice } from "./answer-endings.js";
import { endStages, showStage } from "./answer-stages.js";
import { addressOf, drawSources, labelOf, locate } from "./answer-sources.js";
import { Voice } from "./answer-voice.js";
import { renderInto } from "./markdown.js";
import { gettext } from "./words.js";

export class AnswerView {
  text = "";
  status = "streaming";
  passages = new Map();
  cited = new Set();
  #root;
  #options;
  #voice;
  #answer = null;
  #drawing = false;

  constructor(root, options) {
    this.#root = root;
    this.#options = options;
    this.#voice = new Voice(this.#part("[data-answer-said]"));
  }

  /** `known`: what the page already holds of it (text and passages). */
  start(answer, known = { text: "", passages: [] }) {
    this.#answer = answer;
    this.#take(known);
    this.#drawSources();
    const stage = this.text ? "answering" : "searching";
    showStage(this.#part("[data-stages]"), stage, this.passages.size);
  }

  apply(frame) {
    const handler = this[`_${frame.type}`];
    if (handler) handler.call(this, frame);
    else this.#end(frame.status ?? frame.type, frame);
    this.#options.changed?.(frame);
  }

  /** It replaces everything that was there: a right may be gone meanwhile. */
  _snapshot(frame) {
    this.passages.clear();
    this.cited.clear();
    for (const { number } of frame.citations) this.cited.add(number);
    this.#take(frame);
    this.#drawSources();
    if (frame.stage) showStage(this.#part("[data-stages]"), frame.stage, this.passages.size);
    if (frame.status === "streaming") this.#drawSoon();
    else this.#end(frame.status, frame);
  }

  _stage({ stage, count }) {
    showStage(this.#part("[data-stages]"), stage, count);
  }

  _notice = ({ sentence }) => showNotice(this.#root, sentence);

  _approved = ({ approved }) => showApproved(this.#root, approved);

  _passages({ passages }) {
    for (const passage of passages) this.passages.set(passage.number, passage);
    this.#drawSources();
  }

  _text({ text }) {
    showNotice(this.#root, "");
    this.text += text;
    this.#drawSoon();
    this.#voice.follow(this.text);
  }

  _citation({ citation }) {
    this.cited.add(citation.number);
    this.#drawSources();
  }

  /** Each citation once more, with the words that it rests on. */
  _located({ citations }) {
    locate(this.passages, citations);
    this.#drawSources();
    this.#drawSoon();
  }

  _usage = (frame) => tellDetails(this.#root, frame);

  #take({ text, passages, approved = null }) {
    this.text = text;
    this._passages({ passages });
    showApproved(this.#root, approved);
    for (const [, number] of text.matchAll(/\[(\d{1,3})\]/g)) {
      if (this.passages.has(Number(number))) this.cited.add(Number(number));
    }
  }

  #end(status, { code = "", sentence = "" } = {}) {
    this.status = status;
    this.#draw();
    showNotice(this.#root, "");
    this.#drawSources();
    this.#part("[data-answer-text]").setAttribute("aria-busy", "false");
    endStages(this.#part("[data-stages]"));
    showEnding(this.#root, status === "done" && code ? "cut" : status, sentence);
    this.#part("[data-answer-actions]").hidden = false;
    for (const skeleton of this.#root.querySelectorAll("[data-skeleton]")) skeleton.remove();
    this.#voice.finish(this.text, status === "done" ? gettext("The answer is complete.") : "");
    this.#root.dataset.status = status;
  }

  #drawSoon() {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#drawing = false;
    const cite = (number) => {
      const passage = this.passages.get(number);
      return passage ? { url: addressOf(passage, this.#answer), label: labelOf(passage) } : null;
    };
    const streaming = this.status === "streaming";
    renderInto(this.#part("[data-answer-text]"), this.text, { cite, streaming });
    this.#options.drawn?.();
  }

  #drawSources() {
    const { passages, cited } = this;
    const { template, sourcesChanged } = this.#options;
    drawSources(this.#root, { passages, cited, template, answer: this.#answer });
    sourcesChanged?.();
  }

  #part(selector) {
    return this.#root.querySelector(selector);
  }
}
