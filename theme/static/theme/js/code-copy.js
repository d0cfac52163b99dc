// Gives each block of code of an answer its copy button, over the band that app.css draws.
//
//   <div class="read"><pre class="code" aria-label="Code"><code>…</code></pre></div>
//
// Answers that come from the server are dressed at load; markdown.js dresses those that stream.
import { copyText } from "./copy.js";
import { icon } from "./icon.js";
import { gettext } from "./words.js";

export function dressCode(root) {
  for (const pre of root.querySelectorAll("pre.code")) {
    if (pre.parentElement.classList.contains("code-block")) continue;
    const block = document.createElement("div");
    block.className = "code-block";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-ghost btn-sm ghost";
    button.dataset.copyCode = "";
    button.append(icon("copy"), gettext("Copy"));
    pre.replaceWith(block);
    block.append(pre, button);
  }
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-copy-code]");
  if (button) copyText(button.parentElement.querySelector("code").textContent);
});

dressCode(document);
