// Short notices: they go after six seconds, wait while pointed at or focused; errors stay.
//
//   import { toast } from "./toast.js";
//   toast(gettext("Link copied"));
//   toast(gettext("Conversation deleted"), { action: gettext("Undo"), run: restore });
const STAY_MS = 6000;

function place() {
  return document.querySelector("[data-toasts]");
}

function live(card) {
  let timer;
  const wait = () => clearTimeout(timer);
  const count = () => {
    wait();
    timer = setTimeout(() => card.remove(), STAY_MS);
  };
  card.querySelector("[data-toast-close]").addEventListener("click", () => card.remove());
  if (card.dataset.level === "error") return;
  card.addEventListener("pointerenter", wait);
  card.addEventListener("focusin", wait);
  card.addEventListener("pointerleave", count);
  card.addEventListener("focusout", count);
  count();
}

export function toast(text, { level = "success", action = "", run = null } = {}) {
  const template = document.getElementById("toast-template");
  if (!template) return null;
  const card = template.content.firstElementChild.cloneNode(true);
  card.dataset.level = level;
  card.querySelector("[data-toast-text]").textContent = text;
  const button = card.querySelector("[data-toast-action]");
  if (action && run) {
    button.hidden = false;
    button.textContent = action;
    button.addEventListener("click", () => {
      card.remove();
      run();
    });
  }
  place().append(card);
  live(card);
  return card;
}

// Those of the server are put in anew: a live region tells only of what changes.
for (const card of place()?.querySelectorAll("[data-toast]") ?? []) {
  card.remove();
  requestAnimationFrame(() => place().append(card));
  live(card);
}
