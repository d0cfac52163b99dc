// The line of an answer's stages: what is done has its tick, what is being done its dot.
//
//   <ol data-stages><li data-stage="searching">… <span data-stage-done> <span data-stage-now>
//   showStage(list, "reading", 6);   the number of passages, where the stage has one
//   endStages(list);
import { interpolate, ngettext } from "./words.js";

export function showStage(list, name, count = 0) {
  list.hidden = false;
  let passed = true;
  for (const item of list.querySelectorAll("[data-stage]")) {
    const current = item.dataset.stage === name;
    if (current) passed = false;
    mark(item, { done: passed, current });
  }
  if (count) tellCount(list, count);
}

export function endStages(list) {
  list.hidden = true;
}

function mark(item, { done, current }) {
  item.querySelector("[data-stage-done]").hidden = !done;
  item.querySelector("[data-stage-now]").hidden = !current;
  if (current) item.setAttribute("aria-current", "step");
  else item.removeAttribute("aria-current");
}

export function passagesRead(count) {
  return interpolate(ngettext("%(n)s passage read", "%(n)s passages read", count), { n: count });
}

function tellCount(list, count) {
  list.querySelector("[data-stage-label]").textContent = passagesRead(count);
}
