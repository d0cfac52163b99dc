import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { fire, openPage } from "./dom.mjs";

openPage();
mock.timers.enable({ apis: ["setTimeout"] });
const copied = [];
Object.defineProperty(globalThis, "navigator", {
  value: { clipboard: { writeText: async (text) => copied.push(text) } },
  configurable: true,
});
await import("../../static/theme/js/page.js");
const { toast } = await import("../../static/theme/js/toast.js");

const TOASTS = `<div data-toasts></div><template id="toast-template"><div data-toast>
  <p data-toast-text></p><button data-toast-action hidden></button>
  <button data-toast-close></button></div></template>`;
const find = (selector) => document.querySelector(selector);
beforeEach(() => {
  document.body.innerHTML = TOASTS;
  window.Element.prototype.getClientRects = () => [{}];
});
const add = (html) => document.body.insertAdjacentHTML("beforeend", html);

test("the theme is chosen at once and kept in a cookie", () => {
  add(`<div data-theme-choice><input type="radio" name="theme" value="cassandre-dark">
    <input type="radio" name="theme" value="system"></div>`);
  fire(find('[value="cassandre-dark"]'), "change");
  assert.equal(document.documentElement.dataset.theme, "cassandre-dark");
  assert.match(document.cookie, /theme=cassandre-dark/);
  fire(find('[value="system"]'), "change");
  assert.equal(document.documentElement.dataset.theme, undefined);
  assert.equal(document.cookie, "");
});

test("a click outside closes a menu, and Escape gives its button the focus back", () => {
  add("<details data-menu open><summary tabindex=0>m</summary><a href=#x>x</a></details>");
  fire(document.body, "click");
  assert.equal(find("details").open, false);
  find("details").open = true;
  find("a").focus();
  const escape = fire(document, "keydown", { key: "Escape" });
  assert.equal(find("details").open, false);
  assert.equal(document.activeElement, find("summary"));
  assert.ok(escape.defaultPrevented);
});

test("a dialog opens by its name and closes by its button", () => {
  add('<button data-open="d"></button><dialog id="d"><button data-close></button></dialog>');
  fire(find('[data-open="d"]'), "click");
  assert.equal(find("#d").open, true);
  fire(find("[data-close]"), "click");
  assert.equal(find("#d").open, false);
});

test("a slash goes to the search field, but not while somebody types", () => {
  add('<input type="search" id="q"><textarea></textarea>');
  fire(find("textarea"), "keydown", { key: "/" });
  assert.notEqual(document.activeElement, find("#q"));
  const event = fire(document.body, "keydown", { key: "/" });
  assert.equal(document.activeElement, find("#q"));
  assert.ok(event.defaultPrevented);
});

test("a question mark lists the shortcuts, and Ctrl leaves keys to the browser", () => {
  add('<dialog id="shortcuts"></dialog>');
  fire(document.body, "keydown", { key: "?", ctrlKey: true });
  assert.equal(find("#shortcuts").open, false);
  fire(document.body, "keydown", { key: "?" });
  assert.equal(find("#shortcuts").open, true);
});

test("a notice goes after six seconds, and waits while pointed at", () => {
  const card = toast("Copied");
  fire(card, "pointerenter");
  mock.timers.tick(60_000);
  assert.ok(card.isConnected);
  fire(card, "pointerleave");
  mock.timers.tick(6000);
  assert.ok(!card.isConnected);
});

test("a notice of an error stays until it is closed", () => {
  const card = toast("Failed", { level: "error" });
  mock.timers.tick(60_000);
  assert.ok(card.isConnected);
  fire(card.querySelector("[data-toast-close]"), "click");
  assert.ok(!card.isConnected);
});

test("a notice can take back what it tells of", () => {
  let undone = 0;
  const card = toast("Deleted", { action: "Undo", run: () => (undone += 1) });
  fire(card.querySelector("[data-toast-action]"), "click");
  assert.equal(undone, 1);
});

test("a copy button copies its own words or those of another element", async () => {
  add('<button data-copy="one"></button><p id="p">two</p><button data-copy-from="#p"></button>');
  fire(find("[data-copy]"), "click");
  fire(find("[data-copy-from]"), "click");
  await Promise.resolve();
  assert.deepEqual(copied, ["one", "two"]);
});

test("the red button works once the word is typed", () => {
  add(`<form data-confirm-word="delete 3 documents"><input name="confirmation">
    <button data-confirm-button></button></form>`);
  const [field, button] = [find('[name="confirmation"]'), find("[data-confirm-button]")];
  fire(field, "focusin");
  assert.equal(button.disabled, true);
  field.value = " Delete 3  documents ";
  fire(field, "input");
  assert.equal(button.disabled, false);
});

test("a password can be shown, and is sent as a password", () => {
  add(`<form><div data-password><input type="password"><button type="button"
    data-password-reveal></button></div></form>`);
  fire(find("[data-password-reveal]"), "click");
  assert.equal(find("[data-password] input").type, "text");
  assert.equal(find("[data-password-reveal]").getAttribute("aria-pressed"), "true");
  fire(find("form"), "submit");
  assert.equal(find("[data-password] input").type, "password");
});
