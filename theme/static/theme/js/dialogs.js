// Dialogs, drawers and bottom sheets: opened by name; the backdrop's own form closes them.
//
//   <button data-open="sources">…</button> <dialog id="sources">… <button data-close>…</button></dialog>

export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) dialog.showModal();
  return dialog;
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-open]");
  if (opener) openDialog(opener.dataset.open);
  event.target.closest?.("[data-close]")?.closest("dialog")?.close();
});

// A choice of width must not leave a sheet open which the wider page has no button for.
addEventListener("resize", () => {
  for (const dialog of document.querySelectorAll("dialog[open]")) {
    if (getComputedStyle(dialog).display === "none") dialog.close();
  }
});
