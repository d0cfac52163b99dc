// The answer of the chat page that is being written: asked for or met, and shown in its turn.
//
//   const writer = new ChatWriter(page, { socket, composer: (writer) => new Composer(…), changed });
//   writer.send(text, { conversation } or { corpora });   a new turn
//   writer.sendVersion(turn, { type: "regenerate", answer });   in the place of another
//   writer.goOn(document);   with the one that #live-answer tells of
import { AnswerStream } from "./answer-stream.js";
import { AnswerView } from "./answer-view.js";
import { showSources } from "./chat-sources.js";
import { newTurn, putInPlace, questionOf, settle, takeLimits, takeOver } from "./chat-turns.js";
import { followEnd } from "./follow-end.js";
import { gettext } from "./words.js";

export class ChatWriter {
  #page;
  #thread;
  #stream;
  #composer;
  #changed;
  #turn = null; // the one that is being written
  #view = null;
  #old = null; // the one in whose place it stands
  #undo = null; // until it is accepted
  #follow = followEnd();

  /** `changed(frame)`: something was accepted or refused. */
  constructor(page, { socket, composer, changed }) {
    this.#page = page;
    this.#thread = page.querySelector("[data-thread]");
    this.#changed = changed;
    this.#stream = new AnswerStream(socket, {
      accepted: (frame) => this.#accepted(frame),
      event: (frame) => this.#event(frame),
      refused: (frame) => this.#refused(frame),
    });
    this.#composer = composer(this);
  }

  get isWaiting() {
    return this.#stream.isWaiting;
  }

  get lastTurn() {
    return this.#thread.querySelector("[data-turn]:last-of-type");
  }

  stop() {
    this.#stream.stop();
  }

  send(text, where) {
    const parent = this.lastTurn?.dataset.id;
    const follows = where.conversation && parent ? { parent } : {};
    this.#thread.querySelector("[data-welcome]")?.remove();
    const turn = newTurn(text, this.#page.dataset.timeZone);
    this.#thread.append(turn);
    this.#settled();
    this.#write(turn, { type: "ask", text, kind: "chat", ...where, ...follows });
    this.#follow({ always: true });
  }

  /** False: not now, because an answer is being written. */
  sendVersion(old, frame, { text = questionOf(old), keepAnswer = false } = {}) {
    if (this.#stream.isUnderWay) {
      this.#composer.refuse(
        gettext("The previous answer is still being written. Stop it, or wait for its end."),
      );
      return false;
    }
    const turn = newTurn(text, this.#page.dataset.timeZone);
    takeLimits(turn, old);
    if (frame.type !== "edit") takeOver(turn, old, { keepAnswer });
    this.#old = old;
    this.#undo = putInPlace(turn, old);
    this.#composer.refuse("");
    this.#write(turn, frame);
    turn.tabIndex = -1; // the button that was pressed is gone
    turn.focus({ preventScroll: true });
    return true;
  }

  goOn(root) {
    const live = root.getElementById("live-answer");
    if (!live) return;
    // Text before the passages are known would lose its citations, and a notice comes before the
    // text: then from the beginning.
    const { answer, n, text, passages } = JSON.parse(live.textContent);
    const whole = passages.length && text;
    this.#show(this.lastTurn, answer, whole ? { text, passages } : undefined);
    this.#stream.watch(answer, whole ? n : 0);
  }

  /** The thread was put in anew. */
  begin(root) {
    this.#stream.leave();
    this.#composer.busy = false;
    this.goOn(root);
    if (this.lastTurn) showSources(this.lastTurn);
    this.#follow();
  }

  follow() {
    this.#follow({ always: true });
  }

  #write(turn, frame) {
    this.#show(turn, null);
    showSources(turn);
    this.#stream.ask({ id: crypto.randomUUID(), ...frame });
  }

  #show(turn, answer, known) {
    const sourcesChanged = () => showSources(turn);
    this.#turn = turn;
    this.#view = new AnswerView(turn, { template: "source-card", sourcesChanged, drawn: this.#follow });
    this.#view.start(answer, known);
    this.#composer.busy = true;
  }

  #accepted(frame) {
    settle(this.#turn, frame, this.#old);
    this.#settled();
    this.#view.start(frame.answer);
    this.#changed(frame);
  }

  #event(frame) {
    this.#view.apply(frame);
    this.#composer.busy = this.#stream.isUnderWay;
  }

  #refused(frame) {
    this.#composer.busy = false;
    if (this.#undo) {
      this.#undo();
    } else {
      if (!this.#view.text) this.#turn.remove();
      this.#composer.put(questionOf(this.#turn));
    }
    this.#settled();
    this.#composer.refuse(frame.sentence);
    this.#changed(frame);
  }

  #settled() {
    this.#old = null;
    this.#undo = null;
  }
}
