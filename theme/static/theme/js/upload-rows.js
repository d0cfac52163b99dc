// The rows of files that this browser is sending (from the template in _uploads.html).
import { gettext, interpolate } from "./words.js";

const language = document.documentElement.lang;
const list = document.querySelector("[data-sending]");

export function rowFor(file) {
  const row = document.getElementById("sending-template").content.firstElementChild.cloneNode(true);
  row.querySelector("[data-name]").textContent = file.name;
  row.querySelector("[data-size]").textContent = sizeText(file.size);
  row.querySelector("[data-steps]").ariaLabel = file.name;
  row.querySelector("[data-leave]").ariaLabel = `${gettext("Cancel")} ${file.name}`;
  list.append(row);
  list.closest("details").hidden = false;
  return row;
}

function sizeText(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const power = bytes ? Math.min(3, Math.floor(Math.log2(bytes) / 10)) : 0;
  const options = { style: "unit", unit: units[power], unitDisplay: "short", maximumFractionDigits: 1 };
  return new Intl.NumberFormat(language, options).format(bytes / 1024 ** power);
}

export function showProgress(row, part) {
  const percent = new Intl.NumberFormat(language, { style: "percent" }).format(part);
  const text = interpolate(gettext("Upload, %(percent)s"), { percent });
  row.querySelector("[data-p]").dataset.p = Math.round(part * 20) * 5;
  row.querySelector("[data-steps]").ariaValueText = text;
  row.querySelector("[data-steps-text]").textContent = text;
}

export function refuse(job, sentence, { again = false } = {}) {
  const { row } = job;
  row.querySelector("[data-progress]").hidden = true;
  row.dataset.refused = "";
  row.querySelector("[data-going]").hidden = true;
  row.querySelector("[data-size]").hidden = true;
  row.querySelector("[data-refusal-icon]").hidden = false;
  const reason = row.querySelector("[data-refusal]");
  reason.hidden = false;
  reason.textContent = sentence;
  row.querySelector("[data-again]").hidden = !again;
  const leave = row.querySelector("[data-leave]");
  leave.textContent = gettext("Dismiss");
  leave.ariaLabel = `${gettext("Dismiss")} ${job.file.name}`;
  list.prepend(row); // failures first
}
