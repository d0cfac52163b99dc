// Draws an icon in a script, as the template tag does on the server.
//
//   import { icon } from "./icon.js";
//   button.prepend(icon("copy", "size-4"));
import { ICONS } from "./icons.js";

export function icon(name, classes = "size-4") {
  const holder = document.createElement("div");
  holder.innerHTML = `<svg aria-hidden="true" focusable="false" width="24" height="24"
    viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"
    stroke-linecap="round" stroke-linejoin="round">${ICONS[name]}</svg>`;
  const svg = holder.firstElementChild;
  svg.setAttribute("class", `${classes} shrink-0`);
  return svg;
}
