// The list of conversations: filtered while one types, and a new one gets its place in it.
//
//   <input data-conversations-filter> <form data-conversations> <li data-conversation-entry>
//   <template data-conversations-new="Today">
//   addConversation({ url, title });
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

export function addConversation({ url, title }) {
  for (const list of document.querySelectorAll("[data-conversations]")) {
    const template = list.parentElement.querySelector("template[data-conversations-new]");
    const entry = template.content.firstElementChild.cloneNode(true);
    entry.querySelector("a").href = url;
    entry.querySelector("[data-conversation-title]").textContent = title;
    today(list, template.dataset.conversationsNew).prepend(entry);
    list.querySelector("[data-conversations-none]").hidden = true;
  }
}

function today(list, name) {
  const there = list.querySelector('[data-conversations-group="today"] ul');
  if (there) return there;
  const group = document.createElement("section");
  group.className = "mt-5";
  group.dataset.conversationsGroup = "today";
  const heading = document.createElement("h3");
  heading.className = "px-2 text-xs font-semibold text-muted";
  heading.textContent = name;
  const entries = document.createElement("ul");
  entries.className = "mt-1";
  group.append(heading, entries);
  const pinned = list.querySelector('[data-conversations-group="pinned"]');
  if (pinned) pinned.after(group);
  else list.querySelector("input[type=hidden]").after(group);
  return entries;
}
