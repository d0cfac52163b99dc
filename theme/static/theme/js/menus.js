// Menus made of <details data-menu>: Escape and a click outside close them.
//
//   <details data-menu><summary>…</summary>…</details>
const open = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", ({ target }) => {
  for (const menu of open()) if (!menu.contains(target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    const held = menu.contains(document.activeElement);
    menu.open = false;
    if (held) menu.querySelector("summary").focus();
    event.preventDefault(); // one Escape, one effect: the answer goes on
  }
});

document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const menu = target.closest?.("details[data-menu][open]");
  if (menu && relatedTarget && !menu.contains(relatedTarget)) menu.open = false;
});
