// Keys of every page: `/` goes to the search field, `n` starts a conversation, `?` lists them all.
// `Esc` and `j`/`k` belong to the pages that have an answer or results.
//
//   <input type="search" data-shortcut="/">   <a href="…" data-shortcut="n">
import { openDialog } from "./dialogs.js";

const TYPING = "input, textarea, select, [contenteditable='true']";

export function isTyping(target) {
  return Boolean(target?.closest?.(TYPING)) || Boolean(document.querySelector("dialog[open]"));
}

function visible(selector) {
  return [...document.querySelectorAll(selector)].find((element) => element.getClientRects().length);
}

const ACTIONS = {
  "/": () => {
    const field = visible('[data-shortcut="/"]') ?? visible('input[type="search"]');
    field?.focus();
    field?.select();
    return field;
  },
  n: () => {
    const link = document.querySelector('[data-shortcut="n"]');
    link?.click();
    return link;
  },
  "?": () => openDialog("shortcuts"),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (!Object.hasOwn(ACTIONS, event.key) || isTyping(event.target)) return;
  if (ACTIONS[event.key]()) event.preventDefault();
});
