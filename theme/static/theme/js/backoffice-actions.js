// Forms that change something without leaving the page, so that uploads in other rows go on.
//
//   <form method="post" action="…" data-quiet>…</form>
//
// The server answers {text, undo, chosen}: the words of the notice and, where it can be taken
// back, the address for the chosen documents. Fragments that listen for `documents-changed` on
// the body (_board.html, _work.html) then load themselves again.
import { toast } from "./toast.js";
import { gettext } from "./words.js";

const BROKEN = () => gettext("The connection broke. Try again.");

export function documentsChanged() {
  document.body.dispatchEvent(new CustomEvent("documents-changed"));
}

export function csrfToken() {
  return document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
}

async function answerOf(response) {
  // A sign-in page after a redirect is no answer of ours.
  const isJson = response.headers.get("Content-Type")?.includes("application/json");
  if (response.redirected || !isJson) throw new Error(gettext("You are signed out. Sign in again."));
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.sentence);
  return answer;
}

// Posts a form's fields; says how it went, and offers to undo it.
export async function act(url, fields) {
  let response;
  try {
    const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
    response = await fetch(url, { method: "POST", body: fields, headers });
  } catch {
    toast(BROKEN(), { level: "error" });
    return false;
  }
  try {
    tell(await answerOf(response));
  } catch (error) {
    toast(error.message, { level: "error" });
    return false;
  }
  documentsChanged();
  return true;
}

function tell({ text, undo, chosen }) {
  if (!undo) {
    toast(text);
    return;
  }
  const fields = new FormData();
  for (const id of chosen) fields.append("document", id);
  toast(text, { action: gettext("Undo"), run: () => act(undo, fields) });
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-quiet]");
  const { submitter } = event;
  if (!form || submitter?.formMethod === "dialog") return;
  event.preventDefault();
  if (form.ariaBusy === "true") return; // a second click before the first has its answer
  form.ariaBusy = "true";
  const menu = form.closest("details[data-menu]");
  const url = submitter?.hasAttribute("formaction") ? submitter.formAction : form.action;
  const done = await act(url, new FormData(form, submitter));
  form.ariaBusy = null;
  if (menu) menu.open = false;
  if (done) form.closest("dialog")?.close();
});
