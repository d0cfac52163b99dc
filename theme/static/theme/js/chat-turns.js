// Turns of the thread that are made by the script: a new one, and one in the place of another.
//
//   <div data-thread> <template id="turn-template">
//   const turn = newTurn(text);
//   const undo = putInPlace(turn, old);   what followed the old one goes with it
//   settle(turn, frame);                  after `accepted`
import { showVersions, versionsOf } from "./chat-versions.js";
import { aboutAnswer } from "./enquiry.js";

const part = (turn, name) => turn.querySelector(`[data-${name}]`);

export function questionOf(turn) {
  return part(turn, "question").textContent;
}

export function newTurn(text, timeZone) {
  const template = document.getElementById("turn-template");
  const turn = template.content.firstElementChild.cloneNode(true);
  part(turn, "question").textContent = text;
  const time = part(turn, "question-time");
  const now = new Date();
  time.dateTime = now.toISOString();
  const minutes = { hour: "numeric", minute: "2-digit", timeZone };
  time.textContent = now.toLocaleTimeString(document.documentElement.lang || undefined, minutes);
  return turn;
}

/** Another version looks where the old one did. */
export function takeLimits(turn, old) {
  const limits = [...part(old, "limits").childNodes].map((node) => node.cloneNode(true));
  part(turn, "limits").replaceChildren(...limits);
}

/** Another version: what it shares with the old one stays to be seen. */
export function takeOver(turn, old, { keepAnswer = false } = {}) {
  const [time, earlier] = [part(turn, "question-time"), part(old, "question-time")];
  time.dateTime = earlier.dateTime;
  time.textContent = earlier.textContent;
  if (!keepAnswer) return;
  const text = [...part(old, "answer-text").childNodes].map((node) => node.cloneNode(true));
  part(turn, "answer-text").replaceChildren(...text);
}

export function putInPlace(turn, old) {
  const gone = [old];
  while (gone.at(-1).nextElementSibling) gone.push(gone.at(-1).nextElementSibling);
  const thread = old.parentElement;
  old.before(turn);
  for (const later of gone) later.remove();
  return () => {
    if (turn.parentElement !== thread) return; // the thread was put in anew meanwhile
    turn.replaceWith(...gone);
  };
}

export function settle(turn, { question, answer }, old) {
  turn.id = `answer-${answer}`;
  turn.dataset.id = answer;
  turn.dataset.questionId = question;
  aboutAnswer(turn, answer);
  part(turn, "question").id = `question-${answer}`;
  turn.setAttribute("aria-labelledby", `question-${answer}`);
  const same = old?.dataset.questionId === question;
  const questions = old ? versionsOf(old, "question") : [];
  const answers = same ? versionsOf(old, "answer") : [];
  const n = same ? questions.indexOf(question) + 1 : questions.length + 1;
  showVersions(turn, "question", same ? questions : [...questions, question], n);
  showVersions(turn, "answer", [...answers, answer]);
}
