import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { openPage } from "./dom.mjs";

openPage('<div data-socket-base=""></div><div data-connection="lost" hidden></div><div data-connection="signed-out" hidden></div><div data-connection="crowded" hidden></div><div data-connection="closed" hidden></div>');
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
let redirected = false;
const fetched = [];
globalThis.fetch = async (url) => {
  fetched.push(url);
  return { type: redirected ? "opaqueredirect" : "basic" };
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
  last().onclose({ code: 1006 });
  socket.send({ type: "ask" });
  mock.timers.tick(500);
  last().answer();
  assert.equal(times, 1);
  assert.deepEqual(last().sent, [{ type: "watch" }, { type: "ask" }]);
});

test("retries come later and later, never later than fifteen seconds", () => {
  const waits = [];
  for (let round = 0; round < 8; round += 1) {
    last().onclose({ code: 1006 });
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
  last().onclose({ code: 1006 });
  mock.timers.tick(500);
  last().answer();
  mock.timers.tick(5000);
  assert.equal(banner.hidden, true);
  last().onclose({ code: 1006 });
  mock.timers.tick(500);
  last().onclose({ code: 1006 });
  mock.timers.tick(1600);
  assert.equal(banner.hidden, false);
  last().answer();
  assert.equal(banner.hidden, true);
});

test("a page that wakes up dials at once", () => {
  last().answer();
  last().onclose({ code: 1006 });
  const known = wires.length;
  window.dispatchEvent(new window.Event("online"));
  assert.equal(wires.length, known + 1);
});

const shownBanners = () =>
  [...document.querySelectorAll("[data-connection]")]
    .filter((place) => !place.hidden)
    .map((place) => place.dataset.connection);

test("a session that ended is said at once, and nothing is tried until the page is looked at", () => {
  last().answer();
  last().onclose({ code: 4401 });
  assert.deepEqual(shownBanners(), ["signed-out"]);
  const before = wires.length;
  mock.timers.tick(120_000);
  assert.equal(wires.length, before);
  window.dispatchEvent(new window.Event("online"));
  last().answer();
  assert.deepEqual(shownBanners(), []);
});

for (const [code, name] of [[4429, "crowded"], [4503, "closed"]]) {
  test(`${name}: it is said, and tried again after half a minute`, () => {
    last().answer();
    last().onclose({ code });
    assert.deepEqual(shownBanners(), [name]);
    const before = wires.length;
    mock.timers.tick(29_000);
    assert.equal(wires.length, before);
    mock.timers.tick(1_000);
    assert.equal(wires.length, before + 1);
  });
}

test("a reader that was too slow comes back as after any loss", () => {
  last().answer();
  const before = wires.length;
  last().onclose({ code: 4408 });
  mock.timers.tick(500);
  assert.equal(wires.length, before + 1);
});

test("a server that restarts is met at once, and waited for as ever where it is not there", () => {
  for (let times = 0; times < 3; times += 1) {
    last().answer();
    const before = wires.length;
    last().onclose({ code: 1012 });
    mock.timers.tick(250);
    assert.equal(wires.length, before + 1);
  }
  const before = wires.length;
  last().onclose({ code: 1006 });
  mock.timers.tick(499);
  assert.equal(wires.length, before);
  mock.timers.tick(1);
  assert.equal(wires.length, before + 1);
});

test("a handshake that is refused again asks whether one is signed out", async () => {
  fetched.length = 0;
  redirected = true;
  last().onclose({ code: 1006 });
  mock.timers.tick(500);
  assert.equal(fetched.length, 0);
  last().onclose({ code: 1006 });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(fetched.length, 1);
  assert.deepEqual(shownBanners(), ["signed-out"]);
  const before = wires.length;
  mock.timers.tick(120_000);
  assert.equal(wires.length, before);
  redirected = false;
});
