// Steps through the versions of questions and answers.
//
//   <div data-versions="question" data-ids="id id …"> <button data-version="previous" value="id">
//   <span data-version-place> <button data-version="next" value="id"></div>
//   versionsOf(turn, "answer");                    their ids, the oldest first
//   showVersions(turn, "answer", ids);             this turn bears the last of them
//   bindVersions(form, { put });                   put(page) shows what the server sends back
import { toast } from "./toast.js";
import { gettext, interpolate } from "./words.js";

const groupOf = (turn, kind) => turn.querySelector(`[data-versions="${kind}"]`);

export function versionsOf(turn, kind) {
  return groupOf(turn, kind).dataset.ids.split(" ").filter(Boolean);
}

function placeOf(n, count) {
  return interpolate(gettext("%(n)s of %(count)s"), { n, count });
}

export function showVersions(turn, kind, ids, n = ids.length) {
  const group = groupOf(turn, kind);
  group.dataset.ids = ids.join(" ");
  group.hidden = ids.length < 2;
  group.querySelector("[data-version-place]").textContent = placeOf(n, ids.length);
  for (const [name, id] of Object.entries({ previous: ids[n - 2], next: ids[n] })) {
    const button = group.querySelector(`[data-version="${name}"]`);
    button.value = id ?? "";
    button.disabled = !id;
  }
}

/** Which of its versions a turn bears. */
export function positionOf(turn, kind) {
  const id = kind === "question" ? turn.dataset.questionId : turn.dataset.id;
  return versionsOf(turn, kind).indexOf(id) + 1;
}

export async function fetchPage(url, options = {}) {
  const response = await fetch(url, options);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return response.ok && page.querySelector("[data-chat]") ? page : null;
}

export function bindVersions(form, { put }) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { submitter } = event;
    const body = new FormData(form);
    body.append(submitter.name, submitter.value);
    const { versions } = submitter.closest("[data-versions]").dataset;
    try {
      const page = await fetchPage(form.action, { method: "POST", body });
      if (!page) throw new TypeError("another page came back");
      put(page);
      land(versions, submitter.value, submitter.dataset.version);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      toast(gettext("The connection broke. Try again."), { level: "error" });
    }
  });
}

/** The step is said, and the focus stays where one steps. */
function land(kind, id, direction) {
  const name = kind === "question" ? "question-id" : "id";
  const turn = document.querySelector(`[data-turn][data-${name}="${id}"]`);
  if (!turn) return;
  const wanted = groupOf(turn, kind).querySelector(`[data-version="${direction}"]`);
  const other = groupOf(turn, kind).querySelector("[data-version]:not(:disabled)");
  (wanted.disabled ? other : wanted)?.focus();
  const said = document.querySelector("[data-thread-said]");
  const values = { n: positionOf(turn, kind), count: versionsOf(turn, kind).length };
  said.textContent = interpolate(gettext("Version %(n)s of %(count)s"), values);
}
