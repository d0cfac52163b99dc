import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { fire, openPage } from "./dom.mjs";

mock.timers.enable({ apis: ["setInterval"] });
openPage(`<div data-banners="/status/"><div class="banner" data-banner="old-1"><strong data-banner-title>Old.</strong><span data-banner-text>Text.</span></div></div>
<template id="banner-template"><div class="banner" data-banner=""><span data-banner-icon></span><strong data-banner-title></strong><span data-banner-text></span><button data-banner-away></button></div></template>`);
Object.defineProperty(document, "hidden", { value: false });
let answer = { ok: true, json: async () => ({ banners: [] }) };
const fetched = [];
globalThis.fetch = async (url) => {
  fetched.push(url);
  return answer;
};
const { areTold, refreshBanners, showBanners } = await import("../../static/theme/js/banners.js");
const place = document.querySelector("[data-banners]");
const titles = () =>
  [...place.children].filter((card) => !card.hidden).map((card) => card.querySelector("[data-banner-title]").textContent);
const banner = (key, title, more = {}) => ({ key, level: "warning", title, text: "Text.", dismissible: true, ...more });

beforeEach(() => {
  document.cookie = "put-away=; path=/; max-age=0";
});

test("the worst is shown, and the next where it is over", () => {
  showBanners([banner("a-1", "First."), banner("b-1", "Second.")]);
  assert.deepEqual(titles(), ["First."]);
  showBanners([banner("b-1", "Second.")]);
  assert.deepEqual(titles(), ["Second."]);
  showBanners([]);
  assert.equal(place.children.length, 0);
});

test("one that stands stays the same element, so that it is not read out again", () => {
  showBanners([banner("a-1", "First.")]);
  const standing = place.firstElementChild;
  showBanners([banner("a-1", "First."), banner("b-1", "Second.")]);
  assert.equal(place.firstElementChild, standing);
  showBanners([banner("a-1", "First, later.")]);
  assert.notEqual(place.firstElementChild, standing);
});

test("its words are text, whatever they hold", () => {
  showBanners([banner("a-1", "<img src=x>")]);
  assert.deepEqual(titles(), ["<img src=x>"]);
  assert.equal(place.querySelector("img"), null);
});

test("put away it stays away, and comes back as another matter", () => {
  showBanners([banner("a-1", "First."), banner("b-1", "Second.")]);
  fire(place.querySelector("[data-banner-away]"), "click");
  assert.deepEqual(titles(), ["Second."]);
  assert.match(document.cookie, /put-away=a-1/);
  showBanners([banner("a-1", "First."), banner("b-1", "Second.")]);
  assert.deepEqual(titles(), ["Second."]);
  showBanners([banner("a-2", "First again.")]);
  assert.deepEqual(titles(), ["First again."]);
});

test("what must stay has no button", () => {
  showBanners([banner("a-1", "First.", { dismissible: false })]);
  assert.ok(place.querySelector("[data-banner-away]").hidden);
});

test("closed for maintenance, the page is told by its refusal", async () => {
  answer = { ok: false, json: async () => ({ code: "maintenance-closed", sentence: "Closed." }) };
  await refreshBanners();
  assert.deepEqual(titles(), ["Closed."]);
  answer = { ok: false, json: async () => ({ code: "unavailable", sentence: "Away." }) };
  await refreshBanners();
  assert.deepEqual(titles(), ["Closed."]);
  answer = { ok: true, json: async () => ({ banners: [] }) };
  await refreshBanners();
  assert.deepEqual(titles(), []);
});

test("every minute it asks, unless a socket tells", () => {
  fetched.length = 0;
  mock.timers.tick(60_000);
  assert.deepEqual(fetched, ["/status/"]);
  areTold();
  mock.timers.tick(600_000);
  assert.equal(fetched.length, 1);
});
