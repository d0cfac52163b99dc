// One answer over the socket: asked or watched, its events handed on in order and each once,
// whatever happens to the connection.
//
//   const stream = new AnswerStream(connect("/ws/answers/"), { accepted, event, refused });
//   stream.ask({ id: crypto.randomUUID(), text, kind: "chat", conversation, corpora });
//   stream.watch(answer, after);      goes on behind event number `after`
//   stream.ask({ type: "regenerate", id, answer });   or "edit", "continue": docs/protocol.md
//   stream.stop();   stream.leave();  reads no more; the answer goes on
const EVENTS = [
  ...["snapshot", "stage", "notice", "approved", "passages"],
  ...["text", "citation", "located", "usage"],
];
const ENDS = ["done", "stopped", "interrupted", "failed"];
// The server asks us to come back: the same question goes again over the next connection.
const RETRIED = "shutting-down";

export class AnswerStream {
  #socket;
  #handlers;
  #question = null; // the `ask` that has no answer yet
  #answer = null;
  #last = 0; // number of the last event seen
  #ended = true;

  constructor(socket, handlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    for (const type of [...EVENTS, ...ENDS]) socket.on(type, (frame) => this.#event(frame));
    socket.on("accepted", (frame) => this.#accepted(frame));
    socket.on("refused", (frame) => this.#refused(frame));
    socket.on("reconnect", () => this.#resume());
  }

  get isUnderWay() {
    return !this.#ended;
  }

  /** Whether what was asked has not been accepted yet. */
  get isWaiting() {
    return !this.#ended && this.#question !== null;
  }

  ask(question) {
    this.#question = { type: "ask", ...question };
    this.#answer = null;
    this.#last = 0;
    this.#ended = false;
    this.#socket.send(this.#question);
  }

  watch(answer, after) {
    this.#question = null;
    this.#answer = answer;
    this.#last = after;
    this.#ended = false;
    this.#socket.send({ type: "watch", answer, after });
  }

  stop() {
    if (!this.#ended && this.#answer) this.#socket.send({ type: "stop", answer: this.#answer });
  }

  leave() {
    this.#ended = true;
  }

  #resume() {
    if (this.#ended) return;
    if (this.#question) this.#socket.send(this.#question);
    else this.#socket.send({ type: "watch", answer: this.#answer, after: this.#last });
  }

  #accepted(frame) {
    if (frame.id !== this.#question?.id) return;
    this.#question = null;
    this.#answer = frame.answer;
    this.#handlers.accepted(frame);
  }

  #event(frame) {
    if (this.#ended || frame.answer !== this.#answer) return;
    if (frame.type !== "snapshot" && frame.n <= this.#last) return;
    this.#last = frame.n;
    const { status } = frame;
    this.#ended = frame.type === "snapshot" ? status !== "streaming" : ENDS.includes(frame.type);
    this.#handlers.event(frame);
  }

  #refused(frame) {
    const ours = frame.id === this.#question?.id || frame.id === this.#answer;
    if (this.#ended || !ours || frame.code === RETRIED) return;
    this.#ended = true;
    this.#handlers.refused(frame);
  }
}
