// Copies a text and says so.
//
//   <button data-copy="the text">…</button>
//   <button data-copy-from="#answer-text">…</button>   the text of another element
import { toast } from "./toast.js";
import { gettext } from "./words.js";

export async function copyText(text, done = gettext("Copied")) {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
    return true;
  } catch {
    toast(gettext("The browser did not allow copying."), { level: "error" });
    return false;
  }
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-copy], [data-copy-from]");
  if (!button) return;
  const { copy, copyFrom } = button.dataset;
  copyText(copy ?? document.querySelector(copyFrom)?.textContent ?? "");
});
