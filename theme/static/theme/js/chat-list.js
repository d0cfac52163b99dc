// The list of conversations, filtered while one types.
//
//   <input data-conversations-filter> <form data-conversations> <li data-conversation-entry>
//   filterAgain();   after the list was put in anew
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function filter(field) {
  const list = field.closest("form").parentElement.parentElement.querySelector("[data-conversations]");
  const wanted = folded(field.value.trim());
  let shown = 0;
  for (const group of list.querySelectorAll("[data-conversations-group]")) {
    const before = shown;
    for (const entry of group.querySelectorAll("[data-conversation-entry]")) {
      const title = entry.querySelector("[data-conversation-title]").textContent;
      entry.hidden = !folded(title).includes(wanted);
      if (!entry.hidden) shown += 1;
    }
    group.hidden = shown === before;
  }
}

document.addEventListener("input", ({ target }) => {
  if (target.matches?.("[data-conversations-filter]")) filter(target);
});

export function filterAgain() {
  for (const field of document.querySelectorAll("[data-conversations-filter]")) {
    if (field.value) filter(field);
  }
}
