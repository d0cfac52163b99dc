// What is wrong with the installation: at most one banner, the worst that was not put away.
//
//   <div data-banners="/status/"> <div class="banner" data-banner="key"> … <button data-banner-away>
//   <template id="banner-template">
//   showBanners([{ key, level, title, text, dismissible }]);   what a socket says
//   refreshBanners();   asks the server; without a socket that is done every minute
import { icon } from "./icon.js";
import { gettext } from "./words.js";

const POLL_MS = 60_000;
const ICONS = { error: "circle-alert", warning: "triangle-alert", info: "info" };
const COOKIE = "put-away";
const KEPT = 8; // keys in the cookie: older ones are over by then

const place = () => document.querySelector("[data-banners]");
let isTold = false;

function putAway() {
  const found = document.cookie.split("; ").find((cookie) => cookie.startsWith(`${COOKIE}=`));
  return found ? decodeURIComponent(found.slice(COOKIE.length + 1)).split(",") : [];
}

function showFirst() {
  const [first, ...others] = place().querySelectorAll("[data-banner]");
  if (first) first.hidden = false;
  for (const other of others) other.hidden = true;
}

function made({ key, level, title, text, dismissible }) {
  const card = document.getElementById("banner-template").content.firstElementChild.cloneNode(true);
  card.dataset.banner = key;
  card.classList.add(`banner-${level}`);
  const mark = card.querySelector("[data-banner-icon]");
  mark.classList.add(`text-${level}`);
  mark.append(icon(ICONS[level] ?? "info", "size-4.5"));
  card.querySelector("[data-banner-title]").textContent = title;
  card.querySelector("[data-banner-text]").textContent = text;
  card.querySelector("[data-banner-away]").hidden = !dismissible;
  return card;
}

/** Those that stand already stay as they are: a screen reader is told of what changes alone. */
export function showBanners(banners) {
  if (!place()) return;
  const away = putAway();
  const wanted = banners.filter(({ key }) => !away.includes(key));
  const standing = new Map([...place().children].map((card) => [card.dataset.banner, card]));
  const same = (card, { title, text }) =>
    card?.querySelector("[data-banner-title]").textContent === title &&
    card.querySelector("[data-banner-text]").textContent === text;
  const cards = wanted.map((banner) => {
    const card = standing.get(banner.key);
    return same(card, banner) ? card : made(banner);
  });
  for (const card of standing.values()) if (!cards.includes(card)) card.remove();
  cards.forEach((card, n) => place().children[n] === card || place().insertBefore(card, place().children[n] ?? null));
  showFirst();
}

export async function refreshBanners() {
  if (!place()) return;
  try {
    const headers = { Accept: "application/json" };
    const answer = await fetch(place().dataset.banners, { headers, redirect: "error" });
    const said = await answer.json();
    if (answer.ok) showBanners(said.banners);
    else if (said.code === "maintenance-closed") showBanners([closed(said)]);
  } catch {
    // Nobody answers, or the session is over: that is said elsewhere.
  }
}

function closed({ code, sentence }) {
  const text = gettext("Reload this page later.");
  return { key: code, level: "warning", title: sentence, text, dismissible: false };
}

/** The page has a socket that says what changes. */
export function areTold() {
  isTold = true;
}

document.addEventListener("click", ({ target }) => {
  const card = target.closest("[data-banner-away]")?.closest("[data-banner]");
  if (!card) return;
  const keys = [...putAway(), card.dataset.banner].filter(Boolean).slice(-KEPT);
  document.cookie = `${COOKIE}=${encodeURIComponent(keys.join(","))}; path=/; SameSite=Lax`;
  card.remove();
  showFirst();
});
if (place()) setInterval(() => isTold || document.hidden || refreshBanners(), POLL_MS);
