// What was dropped without the folders: these have no content of their own to send.
import { refuse, rowFor } from "./upload-rows.js";
import { gettext, interpolate } from "./words.js";

export function droppedFiles(transfer) {
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
