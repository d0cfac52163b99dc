// Model, time and tokens of an answer, from the `usage` event.
//
//   <details><dl> <dd data-detail="model"> "first_text" "total" "prompt_tokens" "completion_tokens"
//   tellDetails(root, frame);
import { gettext, interpolate } from "./words.js";

const language = () => document.documentElement.lang || undefined;
const ONE_DIGIT = { minimumFractionDigits: 1, maximumFractionDigits: 1 };

export function seconds(milliseconds) {
  const s = (milliseconds / 1000).toLocaleString(language(), ONE_DIGIT);
  return interpolate(gettext("%(s)s s"), { s });
}

export function tellDetails(root, { model, timings, prompt_tokens, completion_tokens }) {
  const details = {
    model,
    first_text: timings.first_text === undefined ? "" : seconds(timings.first_text),
    total: timings.total === undefined ? "" : seconds(timings.total),
    prompt_tokens: prompt_tokens.toLocaleString(language()),
    completion_tokens: completion_tokens.toLocaleString(language()),
  };
  for (const [name, value] of Object.entries(details)) {
    const place = root.querySelector(`[data-detail="${name}"]`);
    if (place) place.textContent = value;
  }
}
