// The files that wait in this browser to be sent: how many, and after a page that was left in
// between, which of them were not.
//
//   <div data-queue hidden><p data-queue-text></p><button data-queue-leave></button></div>
//   <div data-unsent hidden><p data-unsent-text></p><button data-unsent-close></button></div>
import { interpolate, ngettext } from "./words.js";

const KEY = "unsent-files";
const MOST_NAMED = 5;
const number = new Intl.NumberFormat(document.documentElement.lang);

export function showQueue(waiting, leaveAll) {
  const place = document.querySelector("[data-queue]");
  const n = waiting.length;
  place.hidden = n === 0;
  if (n === 0) return;
  const text = ngettext("%(n)s more file waits to be sent", "%(n)s more files wait to be sent", n);
  place.querySelector("[data-queue-text]").textContent = interpolate(text, { n: number.format(n) });
  place.querySelector("[data-queue-leave]").onclick = leaveAll;
  place.closest("details").hidden = false;
}

export function keepUnsent(names) {
  if (names.length) sessionStorage.setItem(KEY, JSON.stringify(names));
}

// A browser does not keep the files themselves: they are named, so that they can be chosen again.
export function tellUnsent() {
  const names = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
  sessionStorage.removeItem(KEY);
  if (!names.length) return;
  const place = document.querySelector("[data-unsent]");
  const n = names.length;
  const text = ngettext(
    "%(n)s file was not sent before the page was left. Choose it again: %(names)s",
    "%(n)s files were not sent before the page was left. Choose them again, those that came in are recognised: %(names)s",
    n,
  );
  const more = n > MOST_NAMED ? " …" : "";
  const values = { n: number.format(n), names: names.slice(0, MOST_NAMED).join(", ") + more };
  place.querySelector("[data-unsent-text]").textContent = interpolate(text, values);
  place.querySelector("[data-unsent-close]").onclick = () => place.remove();
  place.hidden = false;
  place.closest("details").hidden = false;
}
