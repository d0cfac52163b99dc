// To what the next question is limited besides corpora: chips that can be removed, and a day.
//
//   <ul data-limit-chips><li data-limit><input type="hidden" name="documents" value="id">
//     <span data-limit-label> <button>   <li data-day-chip hidden><span data-limit-label> <button>
//   <input type="date" name="as_of" data-today="2026-03-04">
//   chosenLimits(form);       { documents: [id], as_of: "2025-03-03" }, fields of `ask`
//   tellLimits(turn, form);   what they are, under the question of a turn
import { day, gettext, interpolate } from "./words.js";

const dayField = (form) => form.querySelector("[data-today]");

/** Today is what is searched without a day. */
function chosenDay(form) {
  const { value, dataset } = dayField(form);
  return value && value !== dataset.today ? value : null;
}

export function chosenLimits(form) {
  const as_of = chosenDay(form);
  const limits = as_of ? { as_of } : {};
  for (const { name, value } of form.querySelectorAll("[data-limit] input")) {
    limits[name] = [...(limits[name] ?? []), value];
  }
  return limits;
}

function show(form) {
  const chip = form.querySelector("[data-day-chip]");
  const chosen = chosenDay(form);
  chip.hidden = !chosen;
  const words = gettext("As it stood on %(day)s");
  const label = chosen ? interpolate(words, { day: day(chosen) }) : "";
  chip.querySelector("[data-limit-label]").textContent = label;
}

export function bindLimits(form) {
  dayField(form).addEventListener("change", () => show(form));
  form.querySelector("[data-limit-chips]").addEventListener("click", ({ target }) => {
    const chip = target.closest("button")?.parentElement;
    if (!chip) return;
    if ("dayChip" in chip.dataset) dayField(form).value = dayField(form).dataset.today;
    else chip.remove();
    show(form);
    form.querySelector("[data-composer-text]").focus();
  });
  show(form);
}

export function tellLimits(turn, form) {
  const chosen = chosenDay(form);
  const labels = [...form.querySelectorAll("[data-limit] [data-limit-label]")];
  const parts = labels.map(({ textContent }) => {
    const part = document.createElement("span");
    part.textContent = textContent;
    return part;
  });
  if (chosen) {
    const part = document.createElement("span");
    part.className = "font-medium text-base-content";
    part.textContent = interpolate(gettext("Answered as of %(day)s"), { day: day(chosen) });
    parts.unshift(part);
  }
  turn.querySelector("[data-limits]").replaceChildren(...parts);
}
