// Keys of the source viewer: arrows turn pages, j and k go from citation to citation.
//
//   <a data-viewer-previous> <a data-viewer-next> <a data-viewer-cited="next">
import { isTyping } from "./shortcuts.js";
import { showMark } from "./viewer-mark.js";

const KEYS = {
  ArrowLeft: "[data-viewer-previous]",
  ArrowRight: "[data-viewer-next]",
  j: '[data-viewer-cited="next"]',
  k: '[data-viewer-cited="previous"]',
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target) || !Object.hasOwn(KEYS, event.key)) return;
  if (event.target.closest?.("[data-viewer-scroll]")?.scrollWidth > innerWidth) return;
  const link = document.querySelector(`${KEYS[event.key]}[href]`);
  if (!link) return;
  event.preventDefault();
  link.click();
});

showMark();
