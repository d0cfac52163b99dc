// The chat page: what is asked in the composer becomes a turn of the thread, written as it comes.
//
//   <div data-chat data-conversation="id or empty" data-conversation-url="/chat/">
//   <div data-thread> <template id="turn-template"> <script id="live-answer" type="application/json">
import "./citation-light.js";
import { AnswerStream } from "./answer-stream.js";
import { AnswerView } from "./answer-view.js";
import { answersSocket } from "./answers-socket.js";
import { bindCorpora, chosenCorpora, settleCorpora } from "./chat-corpora.js";
import { addConversation } from "./chat-list.js";
import { showSources } from "./chat-sources.js";
import { Composer } from "./composer.js";
import { copyText } from "./copy.js";
import { followEnd } from "./follow-end.js";

const page = document.querySelector("[data-chat]");
const thread = page.querySelector("[data-thread]");
const form = page.querySelector("[data-composer]");
const follow = followEnd();
let turn = null; // the one that is being written
let view = null;

const draftKey = () => `draft:${page.dataset.conversation || "new"}`;
const stream = new AnswerStream(answersSocket(), { accepted, event, refused });
const composer = new Composer(form, { key: draftKey(), send, stop: () => stream.stop() });

function viewOf(article) {
  const sourcesChanged = () => showSources(article);
  return new AnswerView(article, { template: "source-card", sourcesChanged, drawn: follow });
}

function send(text) {
  turn = newTurn(text);
  view = viewOf(turn);
  view.start(null);
  composer.busy = true;
  const { conversation } = page.dataset;
  const question = { id: crypto.randomUUID(), text, kind: "chat" };
  if (conversation) question.conversation = conversation;
  else question.corpora = chosenCorpora(form);
  stream.ask(question);
}

function newTurn(text) {
  thread.querySelector("[data-welcome]")?.remove();
  const template = document.getElementById("turn-template");
  const article = template.content.firstElementChild.cloneNode(true);
  article.querySelector("[data-question]").textContent = text;
  const time = article.querySelector("[data-question-time]");
  const now = new Date();
  time.dateTime = now.toISOString();
  const minutes = { hour: "2-digit", minute: "2-digit", timeZone: page.dataset.timeZone };
  time.textContent = now.toLocaleTimeString(document.documentElement.lang, minutes);
  thread.append(article);
  showSources(article);
  follow({ always: true });
  return article;
}

function accepted({ conversation, answer, title }) {
  turn.id = `answer-${answer}`;
  turn.dataset.id = answer;
  turn.querySelector("[data-question]").id = `question-${answer}`;
  turn.setAttribute("aria-labelledby", `question-${answer}`);
  view.start(answer);
  if (!page.dataset.conversation) begin(conversation, title);
}

function begin(conversation, title) {
  page.dataset.conversation = conversation;
  const url = `${page.dataset.conversationUrl}${conversation}/`;
  history.replaceState(null, "", url);
  document.title = document.title.replace(/^.*(?= · )/, title);
  const heading = document.querySelector("[data-chat-title]");
  if (heading) heading.textContent = title;
  addConversation({ url, title });
  settleCorpora(form);
  composer.rename(draftKey());
}

function event(frame) {
  view.apply(frame);
  composer.busy = stream.isUnderWay;
}

function refused({ sentence }) {
  composer.busy = false;
  const text = turn.querySelector("[data-question]").textContent;
  if (!view.text) turn.remove();
  composer.put(text);
  composer.refuse(sentence);
}

document.addEventListener("keydown", (key) => {
  const inDialog = document.querySelector("dialog[open]");
  if (key.key === "Escape" && !key.defaultPrevented && !inDialog) stream.stop();
});

thread.addEventListener("click", ({ target }) => {
  const article = target.closest("[data-turn]");
  if (target.closest("[data-ask-again]")) {
    composer.put(article.querySelector("[data-question]").textContent);
  } else if (target.closest("[data-copy-answer]")) {
    copyText(article.querySelector("[data-answer-text]").innerText);
  }
});

bindCorpora(form);
const live = document.getElementById("live-answer");
if (live) {
  // Text before the passages are known would lose its citations: then from the beginning.
  const { answer, n, text, passages } = JSON.parse(live.textContent);
  const known = passages.length ? { text, passages } : { text: "", passages };
  turn = thread.querySelector("[data-turn]:last-of-type");
  view = viewOf(turn);
  view.start(answer, known);
  composer.busy = true;
  stream.watch(answer, passages.length ? n : 0);
}
const last = thread.querySelector("[data-turn]:last-of-type");
if (last) {
  showSources(last);
  if (!location.hash) follow({ always: true });
}
