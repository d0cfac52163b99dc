// What another tab, or another device, did to the conversations appears here without a reload: the
// page is fetched again, and of it what has changed is put in.
//
//   const refresh = new Refresh(page, { mayPutThread: () => …, threadPut: (page) => … });
//   refresh.soon();        several changes in a row are one refresh
//   refresh.put(fetched);  of a page that has been fetched anyway
import { filterAgain } from "./chat-list.js";
import { fetchPage } from "./chat-versions.js";

const TOGETHER_MS = 100;

/** What tells two states of a thread apart: the versions that are shown, those beside them, and
 * what became of an enquiry. */
export function signature(root) {
  const turns = [...root.querySelectorAll("[data-thread] [data-turn]")].map((turn) => {
    const groups = [...turn.querySelectorAll("[data-versions]")];
    const enquiry = turn.querySelector("[data-enquiry-is]")?.dataset.enquiryIs;
    return [turn.dataset.id, ...groups.map((group) => group.dataset.ids), enquiry].join("/");
  });
  return turns.join(" ");
}

export class Refresh {
  #page;
  #handlers;
  #timer = null;
  #last = Promise.resolve();

  constructor(page, handlers) {
    this.#page = page;
    this.#handlers = handlers;
  }

  soon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#last = this.#last.then(() => this.#fetch());
    }, TOGETHER_MS);
  }

  async #fetch() {
    const { conversation, conversationUrl } = this.#page.dataset;
    const url = new URL(conversation ? `${conversationUrl}${conversation}/` : conversationUrl, location);
    const find = new URLSearchParams(location.search).get("find");
    if (find) url.searchParams.set("find", find);
    const fetched = await fetchPage(url).catch(() => null); // offline: the next change will tell
    // Meanwhile a new conversation may have got its address.
    if (fetched && conversation === this.#page.dataset.conversation) this.put(fetched);
  }

  put(fetched) {
    putLists(fetched);
    putHead(fetched);
    const there = fetched.querySelector("[data-thread]");
    if (!this.#page.dataset.conversation || signature(fetched) === signature(document)) return;
    if (!this.#handlers.mayPutThread()) return;
    document.querySelector("[data-thread]").replaceChildren(...there.childNodes);
    this.#handlers.threadPut(fetched);
  }
}

function putHead(fetched) {
  document.title = fetched.title;
  const [here, there] = [document, fetched].map((root) => root.querySelector("[data-chat-head]"));
  // Somebody is giving it a name here.
  if (here?.querySelector("[name=title]") || !there) return;
  if (here.innerHTML !== there.innerHTML) here.replaceChildren(...there.childNodes);
}

function putLists(fetched) {
  const there = [...fetched.querySelectorAll("[data-conversations]")];
  for (const [index, list] of [...document.querySelectorAll("[data-conversations]")].entries()) {
    const place = focusIn(list);
    list.replaceChildren(...there[index].childNodes);
    place.restore();
  }
  filterAgain();
}

/** The entry whose menu is open, or that holds the focus, by its address. */
function focusIn(list) {
  const held = document.activeElement?.closest("[data-conversation-entry]");
  const inside = held && list.contains(held) ? held : null;
  const open = list.querySelector("details[open]")?.closest("[data-conversation-entry]");
  const controls = (entry) => [...entry.querySelectorAll("a, summary, button")];
  const at = inside ? controls(inside).indexOf(document.activeElement) : -1;
  const again = (entry) => {
    const href = entry?.querySelector("a").getAttribute("href");
    return href && list.querySelector(`a[href="${href}"]`)?.closest("[data-conversation-entry]");
  };
  return {
    restore() {
      const opened = again(open);
      if (opened) opened.querySelector("details").open = true;
      const focused = again(inside);
      if (focused) controls(focused)[at]?.focus();
    },
  };
}
