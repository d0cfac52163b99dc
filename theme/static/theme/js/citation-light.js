// The same light on a citation's number and on its source: pointing at the one lights the other.
//
//   <article data-answer> … <a class="cite" data-cite="3"> … <li data-source="3"> … </article>
//   Sources may stand elsewhere: <ol data-sources-panel> belongs to the answer it was filled from.
function places(element) {
  const answer = element.closest("[data-answer]") ?? document.querySelector("[data-answer][data-lit]");
  return [answer, ...document.querySelectorAll("[data-sources-panel]")].filter(Boolean);
}

function light(element, on) {
  const number = element.dataset.cite ?? element.dataset.source;
  for (const place of places(element)) {
    const pairs = `[data-cite="${number}"], [data-source="${number}"], [data-source="${number}"] > a`;
    for (const twin of place.querySelectorAll(pairs)) {
      if (on) twin.setAttribute("aria-current", "true");
      else twin.removeAttribute("aria-current");
    }
  }
}

function bind(event, on) {
  document.addEventListener(event, ({ target }) => {
    const element = target.closest?.("[data-cite], [data-source]");
    if (!element) return;
    if (on && element.dataset.cite) {
      const answer = element.closest("[data-answer]");
      answer?.dispatchEvent(new CustomEvent("citation:lit", { bubbles: true }));
    }
    light(element, on);
  });
}

bind("pointerover", true);
bind("pointerout", false);
bind("focusin", true);
bind("focusout", false);
