// The chat page: what is asked in the composer becomes a turn of the thread, written as it comes;
// other versions take the place of a turn; what other tabs do appears.
//
//   <div data-chat data-conversation="id or empty" data-conversation-url="/chat/">
//   <div data-thread> <template id="turn-template"> <script id="live-answer" type="application/json">
import "./citation-light.js";
import { answersSocket } from "./answers-socket.js";
import { bindCorpora, chosenCorpora, settleCorpora } from "./chat-corpora.js";
import { bindEdit, isEditing } from "./chat-edit.js";
import { bindLimits, chosenLimits, tellLimits } from "./chat-limits.js";
import { Refresh } from "./chat-refresh.js";
import { showSources } from "./chat-sources.js";
import { questionOf } from "./chat-turns.js";
import { bindVersions } from "./chat-versions.js";
import { ChatWriter } from "./chat-writer.js";
import { Composer } from "./composer.js";
import { copyText } from "./copy.js";
import { tellReplies } from "./enquiry.js";

const page = document.querySelector("[data-chat]");
const thread = page.querySelector("[data-thread]");
const form = page.querySelector("[data-composer]");
const versionForm = document.getElementById("show-version");
const { conversationUrl } = page.dataset;
const socket = answersSocket();
let composer = null;

const draftKey = () => `draft:${page.dataset.conversation || "new"}`;
const writer = new ChatWriter(page, {
  socket,
  composer(here) {
    composer = new Composer(form, { key: draftKey(), send, stop: () => here.stop() });
    return composer;
  },
  changed({ type, conversation }) {
    if (type === "accepted" && !page.dataset.conversation) begin(conversation);
    refresh.soon();
  },
});
const refresh = new Refresh(page, {
  mayPutThread: () => !writer.isWaiting && !isEditing(thread),
  threadPut: (fetched) => writer.begin(fetched),
});

function send(text) {
  const { conversation } = page.dataset;
  const where = conversation ? { conversation } : { corpora: chosenCorpora(form) };
  writer.send(text, { ...where, ...chosenLimits(form) });
  tellLimits(writer.lastTurn, form);
}

function begin(conversation) {
  page.dataset.conversation = conversation;
  history.replaceState(null, "", `${conversationUrl}${conversation}/`);
  versionForm.action = versionForm.action.replace(/[0-9a-f-]{36}/, conversation);
  settleCorpora(form);
  composer.rename(draftKey());
}

socket.on("conversation", ({ conversation, change }) => {
  const gone = change === "deleted" && conversation === page.dataset.conversation;
  if (gone) location.assign(`${conversationUrl}?deleted=${conversation}`);
  else refresh.soon();
});
socket.on("reconnect", () => refresh.soon());
tellReplies(socket);

document.addEventListener("keydown", (key) => {
  const inDialog = document.querySelector("dialog[open]");
  if (key.key === "Escape" && !key.defaultPrevented && !inDialog) writer.stop();
});

thread.addEventListener("click", ({ target }) => {
  const turn = target.closest("[data-turn]");
  const answer = turn?.dataset.id;
  if (target.closest("[data-ask-again]")) {
    composer.put(questionOf(turn));
  } else if (target.closest("[data-copy-answer]")) {
    copyText(turn.querySelector("[data-answer-text]").innerText);
  } else if (target.closest("[data-regenerate]")) {
    writer.sendVersion(turn, { type: "regenerate", answer });
  } else if (target.closest("[data-continue-answer]")) {
    writer.sendVersion(turn, { type: "continue", answer }, { keepAnswer: true });
  }
});

bindCorpora(form);
bindLimits(form);
bindVersions(versionForm, { put: (fetched) => refresh.put(fetched) });
bindEdit(thread, {
  ask(turn, text) {
    const question = turn.dataset.questionId;
    return writer.sendVersion(turn, { type: "edit", question, text }, { text });
  },
  closed: () => refresh.soon(),
});
writer.goOn(document);
if (writer.lastTurn) {
  showSources(writer.lastTurn);
  if (!location.hash) writer.follow();
}
