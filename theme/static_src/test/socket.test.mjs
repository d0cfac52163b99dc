import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { openPage } from "./dom.mjs";

openPage('<div data-socket-base=""></div><div data-connection hidden></div>');
const wires = [];
globalThis.WebSocket = class {
  static OPEN = 1;
  readyState = 0;
  sent = [];
  constructor(url) {
    this.url = url;
    wires.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  answer() {
    this.readyState = 1;
    this.onopen();
  }
  say(frame) {
    this.onmessage({ data: JSON.stringify(frame) });
  }
};
const { Socket, connect } = await import("../../static/theme/js/socket.js");
const banner = document.querySelector("[data-connection]");
const last = () => wires.at(-1);

mock.timers.enable({ apis: ["setTimeout"] });
mock.method(Math, "random", () => 1);
let socket;
beforeEach(() => {
  socket?.close();
  wires.length = 0;
  banner.hidden = true;
  socket = new Socket("ws://localhost/ws/answers/");
});

test("one socket per page and path, on the page's own origin", () => {
  const one = connect("/ws/answers/");
  assert.equal(one, connect("/ws/answers/"));
  assert.equal(last().url, "ws://localhost/ws/answers/");
  one.close();
});

test("the page may name another origin for its sockets", () => {
  document.querySelector("[data-socket-base]").dataset.socketBase = "wss://sockets.example";
  const one = connect("/ws/answers/");
  assert.equal(last().url, "wss://sockets.example/ws/answers/");
  document.querySelector("[data-socket-base]").dataset.socketBase = "";
  one.close();
});

test("frames wait until the socket is open", () => {
  socket.send({ type: "ask" });
  assert.deepEqual(last().sent, []);
  last().answer();
  assert.deepEqual(last().sent, [{ type: "ask" }]);
});

test("a frame reaches those who listen to its type, until they take it back", () => {
  const heard = [];
  const forget = socket.on("text", (frame) => heard.push(frame.text));
  last().answer();
  last().say({ type: "text", text: "a" });
  last().say({ type: "stage" });
  forget();
  last().say({ type: "text", text: "b" });
  assert.deepEqual(heard, ["a"]);
});

test("it pings after silence, and takes a silent socket for dead", () => {
  last().answer();
  mock.timers.tick(15_000);
  assert.deepEqual(last().sent, [{ type: "ping" }]);
  last().say({ type: "pong" });
  mock.timers.tick(15_000);
  assert.equal(wires.length, 1);
  mock.timers.tick(5_000);
  mock.timers.tick(500);
  assert.equal(wires.length, 2);
});

test("it says reconnect the second time only, before what waited", () => {
  let times = 0;
  socket.on("reconnect", () => {
    times += 1;
    socket.send({ type: "watch" });
  });
  last().answer();
  assert.equal(times, 0);
  last().onclose();
  socket.send({ type: "ask" });
  mock.timers.tick(500);
  last().answer();
  assert.equal(times, 1);
  assert.deepEqual(last().sent, [{ type: "watch" }, { type: "ask" }]);
});

test("retries come later and later, never later than fifteen seconds", () => {
  const waits = [];
  for (let round = 0; round < 8; round += 1) {
    last().onclose();
    const known = wires.length;
    let waited = 0;
    while (wires.length === known) {
      mock.timers.tick(100);
      waited += 100;
    }
    waits.push(waited);
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
});

test("a short gap is nobody's business, a long one has its banner", () => {
  last().answer();
  last().onclose();
  mock.timers.tick(500);
  last().answer();
  mock.timers.tick(5000);
  assert.equal(banner.hidden, true);
  last().onclose();
  mock.timers.tick(500);
  last().onclose();
  mock.timers.tick(1600);
  assert.equal(banner.hidden, false);
  last().answer();
  assert.equal(banner.hidden, true);
});

test("a page that wakes up dials at once", () => {
  last().answer();
  last().onclose();
  const known = wires.length;
  window.dispatchEvent(new window.Event("online"));
  assert.equal(wires.length, known + 1);
});
