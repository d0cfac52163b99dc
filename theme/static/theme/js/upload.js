// Files dropped or chosen: one request each, three at a time, each with a row of its own. What
// the server takes goes on as a row of _work.html; what it refuses stays here with the reason.
import { csrfToken, documentsChanged } from "./backoffice-actions.js";
import { refuse, rowFor, showProgress } from "./upload-rows.js";
import { gettext, interpolate } from "./words.js";

const AT_A_TIME = 3;
const zone = document.querySelector("[data-drop]");
const waiting = [];
let sending = 0;

// --- sending --------------------------------------------------------------------------------

function add(file, corpus) {
  const job = { file, corpus, row: rowFor(file), request: null };
  job.row.querySelector("[data-leave]").addEventListener("click", () => leave(job));
  job.row.querySelector("[data-again]").addEventListener("click", () => {
    job.row.remove();
    add(file, corpus);
  });
  const limit = Number(zone.dataset.limitMb);
  if (file.size > limit * 1e6) {
    const values = { file: file.name, limit };
    refuse(job, interpolate(gettext("“%(file)s” is too large: at most %(limit)s MB."), values));
    return;
  }
  waiting.push(job);
  next();
}

function leave(job) {
  const place = waiting.indexOf(job);
  if (place >= 0) waiting.splice(place, 1);
  job.request?.abort();
  job.row.remove();
}

function next() {
  while (sending < AT_A_TIME && waiting.length) send(waiting.shift());
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
    sending -= 1;
    next();
  });
  job.request = request;
  sending += 1;
  showProgress(job.row, 0);
  request.send(body);
}

function answered(job, request) {
  if (request.status === 201) {
    job.row.remove();
    documentsChanged();
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

// --- dropping and choosing ------------------------------------------------------------------

function take(files) {
  const { value } = zone.elements.namedItem("corpus");
  for (const file of files) add(file, value);
}

// A folder has no content of its own to send.
function droppedFiles(transfer) {
  const folders = [...transfer.items]
    .map((item) => item.webkitGetAsEntry?.())
    .filter((entry) => entry?.isDirectory)
    .map((entry) => entry.name);
  for (const name of folders) {
    const job = { file: { name }, row: rowFor({ name, size: 0 }) };
    job.row.querySelector("[data-leave]").addEventListener("click", () => job.row.remove());
    const text = gettext("“%(file)s” is a folder. Open it and drop its files.");
    refuse(job, interpolate(text, { file: name }));
  }
  return [...transfer.files].filter((file) => !folders.includes(file.name));
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
    if (sending || waiting.length) event.preventDefault();
  });
}

if (zone) listen();
