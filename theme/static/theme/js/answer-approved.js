// Who answers for an answer that no model has written.
//
//   <div data-approved hidden> <p data-approved-by>, <span data-approved-question>; buttons
//   [data-regenerate] holding [data-regenerate-plain] and [data-regenerate-documents]
//   showApproved(root, approved);   as in the frames `approved` and `snapshot`; null takes it away
import { day, gettext, interpolate } from "./words.js";

function sentenceOf({ owner, reviewed_on, review_on, is_due }) {
  const values = { owner, date: day(reviewed_on) };
  const by = owner ? gettext("by %(owner)s, reviewed on %(date)s") : gettext("reviewed on %(date)s");
  const parts = [`${interpolate(by, values)}.`];
  if (review_on) {
    const due = is_due ? gettext("It was to be reviewed by %(date)s.") : gettext("To be reviewed by %(date)s.");
    parts.push(interpolate(due, { date: day(review_on) }));
  }
  return parts.join(" ");
}

export function showApproved(root, approved) {
  const place = root.querySelector("[data-approved]");
  if (!place) return;
  place.hidden = !approved;
  for (const words of root.querySelectorAll("[data-regenerate-documents]")) words.hidden = !approved;
  for (const words of root.querySelectorAll("[data-regenerate-plain]")) words.hidden = !!approved;
  if (!approved) return;
  place.querySelector("[data-approved-by]").textContent = sentenceOf(approved);
  place.querySelector("[data-approved-question]").textContent = approved.question;
}
