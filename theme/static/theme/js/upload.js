// Files dropped or chosen: one request each, three at a time, each with a row of its own while it
// is sent. What the server takes goes on as a row of _work.html; what it refuses stays here with
// the reason, and does not hold up the others.
import { csrfToken, documentsChanged } from "./backoffice-actions.js";
import { droppedFiles } from "./upload-folders.js";
import { keepUnsent, showQueue, tellUnsent } from "./upload-queue.js";
import { refuse, rowFor, showProgress } from "./upload-rows.js";
import { gettext, interpolate } from "./words.js";

const AT_A_TIME = 3;
// The list below is told at most so often while many files go in.
const TELL_EVERY_MS = 1000;
const zone = document.querySelector("[data-drop]");
const waiting = [];
const underWay = new Set();
let telling = null;

// --- sending --------------------------------------------------------------------------------

function add(file, corpus) {
  const limit = Number(zone.dataset.limitMb);
  if (file.size > limit * 1e6) {
    const values = { file: file.name, limit };
    const job = withRow({ file, corpus });
    refuse(job, interpolate(gettext("“%(file)s” is too large: at most %(limit)s MB."), values));
    return;
  }
  waiting.push({ file, corpus, row: null, request: null });
}

function withRow(job) {
  job.row = rowFor(job.file);
  job.row.querySelector("[data-leave]").addEventListener("click", () => {
    job.request?.abort();
    job.row.remove();
  });
  job.row.querySelector("[data-again]").addEventListener("click", () => {
    job.row.remove();
    add(job.file, job.corpus);
    next();
  });
  return job;
}

function next() {
  while (underWay.size < AT_A_TIME && waiting.length) send(withRow(waiting.shift()));
  showQueue(waiting, leaveAll);
}

function leaveAll() {
  waiting.length = 0;
  next();
}

// XMLHttpRequest, because fetch does not tell how much of a body has been sent.
function send(job) {
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("corpus", job.corpus);
  body.append("file", job.file);
  request.open("POST", zone.action);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) showProgress(job.row, event.loaded / event.total);
  });
  request.addEventListener("load", () => answered(job, request));
  request.addEventListener("error", () => {
    const text = gettext("“%(file)s” was not sent: the connection broke.");
    refuse(job, interpolate(text, { file: job.file.name }), { again: true });
  });
  request.addEventListener("loadend", () => {
    underWay.delete(job);
    next();
  });
  job.request = request;
  underWay.add(job);
  showProgress(job.row, 0);
  request.send(body);
}

function answered(job, request) {
  if (request.status === 201) {
    job.row.remove();
    tellLater();
    return;
  }
  let sentence;
  try {
    ({ sentence } = JSON.parse(request.responseText));
  } catch {
    // Not our answer: a sign-in page, or a proxy's.
  }
  const text = gettext("“%(file)s” was not taken. Load this page again, and sign in if asked.");
  refuse(job, sentence ?? interpolate(text, { file: job.file.name }), { again: !sentence });
}

// Each of many files would have the list load itself again.
function tellLater() {
  telling ??= setTimeout(() => {
    telling = null;
    documentsChanged();
  }, waiting.length ? TELL_EVERY_MS : 0);
}

// --- dropping and choosing ------------------------------------------------------------------

function take(files) {
  const { value } = zone.elements.namedItem("corpus");
  for (const file of files) add(file, value);
  next();
}

const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");

function listen() {
  const input = zone.querySelector("input[type=file]");
  input.addEventListener("change", () => {
    take(input.files);
    input.value = ""; // so that the same file can be chosen again
  });
  // The whole page takes them: a file dropped beside the field must not replace the page.
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    zone.dataset.over = "";
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) delete zone.dataset.over;
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    delete zone.dataset.over;
    take(droppedFiles(event.dataTransfer));
  });
  addEventListener("beforeunload", (event) => {
    if (underWay.size || waiting.length) event.preventDefault();
  });
  addEventListener("pagehide", () => keepUnsent([...underWay, ...waiting].map((job) => job.file.name)));
  tellUnsent();
}

if (zone) listen();
