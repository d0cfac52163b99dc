// One WebSocket per page and path: it reconnects by itself and says so only when it takes long.
// Where the session has ended it waits until the page is looked at again.
//
//   const socket = connect("/ws/answers/");
//   socket.on("text", (frame) => …);          a frame's `type`; returns what takes it back
//   socket.on("reconnect", () => …);          ask again for what was missed
//   socket.send({ type: "ask", … });          waits until the socket is open
//
// The page may carry data-socket-base="wss://host" (empty: same origin), and connection banners.
import { isSignedOut, showBanner } from "./connection-banner.js";
import { Heartbeat } from "./heartbeat.js";
import { Listeners } from "./listeners.js";

const NOTICE_AFTER_MS = 2_000; // shorter gaps are nobody's business
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 15_000;
const RETRY_WAITING_MS = 30_000; // crowded, or closed for maintenance
const RETRY_RESTART_MS = 250;
const CLOSED = { restarting: 1012, signedOut: 4401, tooMany: 4429, maintenance: 4503 }; // docs/protocol.md
const PROBE_AFTER = 2; // failures: a handshake is refused without a reason

const sockets = new Map();

export function connect(path) {
  const base = document.querySelector("[data-socket-base]")?.dataset.socketBase;
  const url = new URL(path, base || location.href);
  url.protocol = url.protocol.replace("http", "ws");
  if (!sockets.has(url.href)) sockets.set(url.href, new Socket(url.href));
  return sockets.get(url.href);
}

export class Socket extends Listeners {
  #url;
  #wire = null;
  #waiting = [];
  #failures = 0;
  #opened = false;
  #asleep = false;
  #timers = {};
  #heart = new Heartbeat(() => this.send({ type: "ping" }), () => this.#lost());

  constructor(url) {
    super();
    this.#url = url;
    addEventListener("online", () => this.#hurry());
    addEventListener("pageshow", () => this.#wake());
    addEventListener("pagehide", () => this.close());
    document.addEventListener("visibilitychange", () => document.hidden || this.#hurry());
    this.#dial();
  }

  send(frame) {
    if (this.#wire?.readyState === WebSocket.OPEN) this.#wire.send(JSON.stringify(frame));
    else this.#waiting.push(frame);
  }

  /** Until the page is shown again (it may sleep in the browser's history). */
  close() {
    this.#asleep = true;
    this.#hangUp();
    clearTimeout(this.#timers.retry);
    this.#calm();
  }

  #dial() {
    this.#hangUp();
    this.#notifyLater();
    const wire = (this.#wire = new WebSocket(this.#url));
    wire.onopen = () => this.#open();
    wire.onmessage = ({ data }) => this.#receive(data);
    wire.onclose = ({ code }) => this.#closed(code);
  }

  #open() {
    this.#failures = 0;
    this.#calm();
    this.#heart.heard();
    if (this.#opened) this.emit("reconnect", {});
    this.#opened = true;
    for (const frame of this.#waiting.splice(0)) this.send(frame);
  }

  #receive(data) {
    this.#heart.heard();
    const frame = JSON.parse(data);
    this.emit(frame.type, frame);
  }

  #closed(code) {
    if (code === CLOSED.signedOut) this.#rest("signed-out");
    else if (code === CLOSED.tooMany) this.#rest("crowded", RETRY_WAITING_MS);
    else if (code === CLOSED.maintenance) this.#rest("closed", RETRY_WAITING_MS);
    else this.#lost(code === CLOSED.restarting);
  }

  #rest(banner, retryMs = 0) {
    this.#hangUp();
    clearTimeout(this.#timers.retry);
    this.#calm(banner);
    if (retryMs) this.#timers.retry = setTimeout(() => this.#dial(), retryMs);
  }

  async #probe() {
    const dialled = this.#failures;
    const signedOut = await isSignedOut();
    if (signedOut && this.#failures >= dialled && !this.#asleep) this.#rest("signed-out");
  }

  /** @param asked whether the server says to come back: that is no failure. */
  #lost(asked = false) {
    this.#hangUp();
    this.#notifyLater();
    const delay = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** this.#failures);
    // Half of it by chance, so that a server that comes back is not met by everyone at once.
    const jittered = asked ? RETRY_RESTART_MS * Math.random() : delay * (0.5 + Math.random() / 2);
    this.#timers.retry = setTimeout(() => this.#dial(), jittered);
    if (!asked) this.#failures += 1;
    if (this.#failures === PROBE_AFTER) this.#probe();
  }

  #hangUp() {
    this.#heart.stop();
    const wire = this.#wire;
    this.#wire = null;
    if (!wire) return;
    wire.onopen = wire.onmessage = wire.onclose = null;
    wire.close();
  }

  #wake() {
    this.#asleep = false;
    this.#hurry();
  }

  #hurry() {
    if (this.#wire || this.#asleep) return;
    clearTimeout(this.#timers.retry);
    this.#dial();
  }

  #notifyLater() {
    this.#timers.notice ??= setTimeout(() => showBanner("lost"), NOTICE_AFTER_MS);
  }

  #calm(banner = "") {
    clearTimeout(this.#timers.notice);
    this.#timers.notice = undefined;
    showBanner(banner);
  }
}
