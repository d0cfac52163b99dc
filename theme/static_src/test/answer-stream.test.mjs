import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { AnswerStream } from "../../static/theme/js/answer-stream.js";

class FakeSocket {
  sent = [];
  #handlers = new Map();

  on(type, handler) {
    this.#handlers.set(type, handler);
  }

  send(frame) {
    this.sent.push(frame);
  }

  say(type, frame = {}) {
    this.#handlers.get(type)?.({ type, ...frame });
  }
}

const question = { id: "question-1", text: "How many days?", kind: "chat" };
let socket, stream, seen;
beforeEach(() => {
  seen = [];
  socket = new FakeSocket();
  stream = new AnswerStream(socket, {
    accepted: (frame) => seen.push(`accepted ${frame.answer}`),
    event: (frame) => seen.push(`${frame.type} ${frame.n}`),
    refused: (frame) => seen.push(`refused ${frame.code}`),
  });
});

function underWay() {
  stream.ask(question);
  socket.say("accepted", { id: "question-1", answer: "a" });
  seen.length = 0;
}

test("events come in order, each once", () => {
  underWay();
  for (const n of [1, 2, 2, 1, 3]) socket.say("text", { answer: "a", n, text: "x" });
  assert.deepEqual(seen, ["text 1", "text 2", "text 3"]);
});

test("events of another answer are none of ours", () => {
  underWay();
  socket.say("text", { answer: "b", n: 1, text: "x" });
  assert.deepEqual(seen, []);
});

test("after a lost connection the rest is asked for behind the last event seen", () => {
  underWay();
  socket.say("text", { answer: "a", n: 4, text: "x" });
  socket.say("reconnect");
  assert.deepEqual(socket.sent.at(-1), { type: "watch", answer: "a", after: 4 });
});

test("a question whose acceptance was lost goes again with the same id", () => {
  stream.ask(question);
  socket.say("reconnect");
  assert.deepEqual(socket.sent, [{ type: "ask", ...question }, { type: "ask", ...question }]);
});

test("a server that restarts is asked again, not complained about", () => {
  stream.ask(question);
  socket.say("refused", { id: "question-1", code: "shutting-down" });
  assert.equal(stream.isUnderWay, true);
  socket.say("reconnect");
  assert.equal(socket.sent.length, 2);
});

test("a finished answer is left alone", () => {
  underWay();
  socket.say("done", { answer: "a", n: 9 });
  assert.equal(stream.isUnderWay, false);
  socket.sent.length = 0;
  socket.say("reconnect");
  stream.stop();
  assert.deepEqual(socket.sent, []);
});

test("a snapshot may stand behind what was seen, and may be the end", () => {
  underWay();
  socket.say("snapshot", { answer: "a", n: 7, status: "streaming" });
  socket.say("text", { answer: "a", n: 7 });
  socket.say("snapshot", { answer: "a", n: 9, status: "done" });
  assert.deepEqual(seen, ["snapshot 7", "snapshot 9"]);
  assert.equal(stream.isUnderWay, false);
});

test("stopping names the answer", () => {
  underWay();
  stream.stop();
  assert.deepEqual(socket.sent.at(-1), { type: "stop", answer: "a" });
});

test("a refusal ends the waiting", () => {
  stream.ask(question);
  socket.say("refused", { id: "question-1", code: "too-many-answers" });
  assert.deepEqual(seen, ["refused too-many-answers"]);
  assert.equal(stream.isUnderWay, false);
});

test("another version is asked for by its own frame, and asked again with the same id", () => {
  const frame = { type: "regenerate", id: "version-1", answer: "a" };
  stream.ask(frame);
  assert.equal(stream.isWaiting, true);
  socket.say("reconnect");
  assert.deepEqual(socket.sent, [frame, frame]);
  socket.say("accepted", { id: "version-1", answer: "b" });
  assert.deepEqual([stream.isWaiting, stream.isUnderWay], [false, true]);
});

test("an answer that was left is read no more, and not stopped", () => {
  underWay();
  stream.leave();
  socket.say("text", { answer: "a", n: 1, text: "x" });
  socket.say("reconnect");
  assert.deepEqual(seen, []);
  assert.equal(socket.sent.length, 1);
});
