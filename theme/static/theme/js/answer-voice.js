// Reads a growing answer to screen readers by whole sentences, never by tokens.
//
//   const voice = new Voice(element);   element: role="status"
//   voice.follow(text);                 what is there so far
//   voice.finish(text);                 and the rest, though it lacks its full stop
const PAUSE_MS = 2500; // a reader needs time for one piece before the next
const SENTENCE_END = /[.!?…:;](?=\s)|\n/g;

function plain(text) {
  return text.replace(/ ?\[\d{1,3}\]/g, "").replace(/[*_`#|>]|-{3,}/g, " ").replace(/\s+/g, " ").trim();
}

export class Voice {
  #place;
  #said = 0;
  #waiting = null;

  constructor(place) {
    this.#place = place;
  }

  follow(text) {
    this.#waiting ??= setTimeout(() => this.#sayUntil(lastEnd(text), text), PAUSE_MS);
  }

  finish(text, closing = "") {
    clearTimeout(this.#waiting);
    this.#sayUntil(text.length, text, closing);
  }

  #sayUntil(end, text, closing = "") {
    this.#waiting = null;
    const words = [plain(text.slice(this.#said, end)), closing].filter(Boolean).join(" ");
    if (!words) return;
    this.#said = Math.max(end, this.#said);
    this.#place.textContent = words;
  }
}

function lastEnd(text) {
  let end = 0;
  for (const match of text.matchAll(SENTENCE_END)) end = match.index + match[0].length;
  return end;
}
