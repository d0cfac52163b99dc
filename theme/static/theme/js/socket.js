// One WebSocket per page and path: it reconnects by itself and says so only when it takes long.
//
//   const socket = connect("/ws/answers/");
//   socket.on("text", (frame) => …);          a frame's `type`; returns what takes it back
//   socket.on("reconnect", () => …);          ask again for what was missed
//   socket.send({ type: "ask", … });          waits until the socket is open
//
// The page may carry data-socket-base="wss://host" (empty: same origin) and a [data-connection]
// element, which is shown while the connection is lost.
const PING_AFTER_MS = 15_000; // of silence
const DEAD_AFTER_MS = 20_000; // a half-open socket says nothing, not even that it is closed
const NOTICE_AFTER_MS = 2_000; // shorter gaps are nobody's business
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 15_000;

const sockets = new Map();

export function connect(path) {
  const base = document.querySelector("[data-socket-base]")?.dataset.socketBase;
  const url = new URL(path, base || location.href);
  url.protocol = url.protocol.replace("http", "ws");
  if (!sockets.has(url.href)) sockets.set(url.href, new Socket(url.href));
  return sockets.get(url.href);
}

export class Socket {
  #url;
  #wire = null;
  #handlers = new Map();
  #waiting = [];
  #failures = 0;
  #opened = false;
  #asleep = false;
  #timers = {};

  constructor(url) {
    this.#url = url;
    addEventListener("online", () => this.#hurry());
    addEventListener("pageshow", () => this.#wake());
    addEventListener("pagehide", () => this.close());
    document.addEventListener("visibilitychange", () => document.hidden || this.#hurry());
    this.#dial();
  }

  on(type, handler) {
    if (!this.#handlers.has(type)) this.#handlers.set(type, new Set());
    this.#handlers.get(type).add(handler);
    return () => this.#handlers.get(type).delete(handler);
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
    const wire = new WebSocket(this.#url);
    this.#wire = wire;
    wire.onopen = () => this.#open();
    wire.onmessage = ({ data }) => this.#receive(data);
    wire.onclose = () => this.#lost();
  }

  #open() {
    this.#failures = 0;
    this.#calm();
    this.#listen();
    if (this.#opened) this.#emit("reconnect", {});
    this.#opened = true;
    for (const frame of this.#waiting.splice(0)) this.send(frame);
  }

  #receive(data) {
    this.#listen();
    const frame = JSON.parse(data);
    this.#emit(frame.type, frame);
  }

  #emit(type, frame) {
    for (const handler of this.#handlers.get(type) ?? []) handler(frame);
  }

  #listen() {
    clearTimeout(this.#timers.ping);
    clearTimeout(this.#timers.dead);
    this.#timers.ping = setTimeout(() => this.send({ type: "ping" }), PING_AFTER_MS);
    this.#timers.dead = setTimeout(() => this.#lost(), DEAD_AFTER_MS);
  }

  #lost() {
    this.#hangUp();
    this.#notifyLater();
    const delay = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    // Half of it by chance, so that a server that comes back is not met by everyone at once.
    const jittered = delay * (0.5 + Math.random() / 2);
    this.#timers.retry = setTimeout(() => this.#dial(), jittered);
  }

  #hangUp() {
    clearTimeout(this.#timers.ping);
    clearTimeout(this.#timers.dead);
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
    this.#timers.notice ??= setTimeout(() => show(true), NOTICE_AFTER_MS);
  }

  #calm() {
    clearTimeout(this.#timers.notice);
    this.#timers.notice = undefined;
    show(false);
  }
}

function show(lost) {
  const banner = document.querySelector("[data-connection]");
  if (banner) banner.hidden = !lost;
}
