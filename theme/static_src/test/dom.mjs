// A page for the modules under test: they bind themselves to `document` when they are imported.
import { JSDOM } from "jsdom";

export function openPage(body = "", url = "http://localhost/chat/") {
  const dom = new JSDOM(`<!doctype html><html><body>${body}</body></html>`, { url });
  const { window } = dom;
  const names = ["document", "location", "Element", "HTMLElement", "Node", "getComputedStyle"];
  for (const name of names) globalThis[name] = window[name];
  globalThis.window = window;
  for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"]) {
    globalThis[name] = window[name].bind(window);
  }
  globalThis.requestAnimationFrame = (run) => setTimeout(run, 0);
  // jsdom has no dialogs
  window.HTMLDialogElement.prototype.showModal ??= function () { this.open = true; };
  window.HTMLDialogElement.prototype.close ??= function () { this.open = false; };
  return window;
}

export function fire(target, type, init = {}) {
  const kinds = { keydown: "KeyboardEvent", click: "MouseEvent" };
  const Kind = window[kinds[type] ?? "Event"];
  const event = new Kind(type, { bubbles: true, cancelable: true, ...init });
  target.dispatchEvent(event);
  return event;
}
