// The answer above the results: asked once per address and tab, so that a reload shows the same.
//
//   <section data-search-answer data-answer>, <script id="asking" type="application/json">
import "./citation-light.js";
import "./search-facets.js";
import "./search-keys.js";
import { seconds } from "./answer-details.js";
import { passagesRead } from "./answer-stages.js";
import { AnswerStream } from "./answer-stream.js";
import { AnswerView } from "./answer-view.js";
import { answersSocket } from "./answers-socket.js";
import { copyText } from "./copy.js";
import { aboutAnswer, bindEnquiryForm, fetchEnquiry, showEnquiry, tellReplies } from "./enquiry.js";

const card = document.querySelector("[data-search-answer]");
const asking = JSON.parse(document.getElementById("asking").textContent);
const part = (selector) => card.querySelector(selector);
const stopButton = part("[data-stop]");
const key = `answer:${JSON.stringify(asking)}`;
let again = true; // an answer of an earlier visit may have been deleted since

const view = new AnswerView(card, { template: "source-row", changed });
const socket = answersSocket();
const stream = new AnswerStream(socket, { accepted, event, refused });
let shown = null; // the answer's id
let leaving = null; // for another version of it

function ask() {
  const id = sessionStorage.getItem(key) ?? crypto.randomUUID();
  again = sessionStorage.getItem(key) !== null;
  sessionStorage.setItem(key, id);
  view.start(null);
  stream.ask({ id, kind: "search", ...asking });
}

/** Another version, which the page then finds by its id. */
function askDocuments() {
  leaving = crypto.randomUUID();
  stream.ask({ type: "regenerate", id: leaving, answer: shown });
}

function accepted({ conversation, answer }) {
  if (leaving) {
    sessionStorage.setItem(key, leaving);
    location.reload();
    return;
  }
  shown = answer;
  view.start(answer);
  aboutAnswer(card, answer);
  const form = part("[data-continue]");
  form.action = form.dataset.continue.replace(/[0-9a-f-]{36}/, conversation);
}

function event(frame) {
  view.apply(frame);
}

function changed(frame) {
  if (frame.type === "stage" && frame.stage === "answering") lay({ refusal: false });
  if (frame.type === "usage") tellDone(frame);
  if (stream.isUnderWay) return;
  stopButton.hidden = true;
  part("[data-answer-done]").hidden = view.status !== "done";
  part("footer").hidden = view.cited.size === 0;
  part("[data-continue]").hidden = !view.text;
  lay({ refusal: view.status === "not_found" });
  if (view.status === "not_found") part("[data-refusal-text]").textContent = view.text;
  if (again) fetchEnquiry(card, shown);
  else showEnquiry(card, "");
}

/** The two faces of the card; while it is not known, the one that the server expects. */
function lay({ refusal }) {
  part("[data-answer-writing]").hidden = refusal;
  part("[data-answer-refusal]").hidden = !refusal;
}

function tellDone({ timings }) {
  // Of an approved answer none was read: a person has.
  const isApproved = !part("[data-approved]").hidden;
  const parts = isApproved ? [] : [passagesRead(view.passages.size)];
  if (timings.total !== undefined) parts.push(seconds(timings.total));
  part("[data-answer-done-text]").textContent = parts.join(", ");
}

function refused({ sentence }) {
  sessionStorage.removeItem(key);
  if (again) ask();
  else view.apply({ type: "failed", sentence });
}

stopButton.addEventListener("click", () => stream.stop());
document.addEventListener("keydown", (pressed) => {
  const inDialog = document.querySelector("dialog[open]");
  if (pressed.key === "Escape" && !pressed.defaultPrevented && !inDialog) stream.stop();
});
card.addEventListener("click", ({ target }) => {
  if (target.closest("[data-copy-answer]")) copyText(part("[data-answer-text]").innerText);
  if (target.closest("[data-regenerate-documents]")) askDocuments();
  if (target.closest("[data-ask-again]")) {
    sessionStorage.removeItem(key);
    location.reload();
  }
});
bindEnquiryForm(card);
tellReplies(socket);
socket.on("conversation", ({ leaf }) => {
  if (leaf === shown && !stream.isUnderWay) fetchEnquiry(card, shown);
});

ask();
