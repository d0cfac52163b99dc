// Renders an answer's Markdown safely while it streams, to the markup of chat/rendering.py.
//
//   import { renderInto } from "./markdown.js";
//   renderInto(element, text, { cite: (number) => ({ url, label }), streaming: true });
//
// `cite` tells where a marker "[3]" leads; null: the marker leaves no trace. Only blocks whose
// markup has changed are replaced, so that a selection above the growing end is not lost.
import { DOMPurify, MarkdownIt } from "../vendor/markdown.js";
import { dressCode } from "./code-copy.js";
import { gettext } from "./words.js";

const MARKER = / ?\[(\d{1,3})\]/g;
const ALLOWED = {
  ALLOWED_TAGS: [
    ...["p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li"],
    ...["h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a", "div"],
  ],
  ALLOWED_ATTR: [
    ...["href", "class", "rel", "start", "scope", "role", "tabindex"],
    ...["aria-label", "data-cite"],
  ],
  ALLOW_DATA_ATTR: false,
  ADD_URI_SAFE_ATTR: ["rel", "start", "scope", "tabindex", "data-cite"], // are no addresses
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|\/(?!\/))/i,
};

// No images: a text that a document has smuggled in must not call a server. No reference
// definitions: "[1]: https://…" in an answer would turn our markers into somebody's links.
const md = new MarkdownIt("commonmark", { html: false })
  .enable(["table", "strikethrough"])
  .disable(["image", "reference"]);
const { escapeHtml } = md.utils;

function pieces(token, Token, cite) {
  if (token.type !== "text" || !token.content.includes("[")) return [token];
  const found = [];
  const keep = (content) => found.push(Object.assign(new Token("text", "", 0), { content }));
  let at = 0;
  for (const match of token.content.matchAll(MARKER)) {
    const source = cite(Number(match[1]));
    keep(token.content.slice(at, match.index));
    const meta = { ...source, number: Number(match[1]) };
    if (source) found.push(Object.assign(new Token("cite", "", 0), { meta }));
    at = match.index + match[0].length;
  }
  keep(token.content.slice(at));
  return found;
}

md.core.ruler.push("citations", ({ tokens, env, Token }) => {
  for (const token of tokens) {
    if (token.type !== "inline") continue;
    token.children = token.children.flatMap((child) => pieces(child, Token, env.cite));
  }
});

function cell(tokens, at) {
  const { tag } = tokens[at];
  // Alignment comes as a style attribute, which the content policy refuses.
  const right = tokens[at].attrGet("style")?.includes("right") ? ' class="text-right"' : "";
  return tag === "th" ? `<th scope="col"${right}>` : `<td${right}>`;
}

// The question is h2 and "Answer" h3, so that an answer's own headings begin at h4.
const heading = (token) => `h${Math.min(Number(token.tag[1]) + 3, 6)}`;

function code(tokens, at) {
  const label = escapeHtml(gettext("Code"));
  const text = escapeHtml(tokens[at].content);
  return `<pre class="code" role="group" tabindex="0" aria-label="${label}"><code>${text}</code></pre>`;
}

Object.assign(md.renderer.rules, {
  cite(tokens, at) {
    const { number, url, label } = tokens[at].meta;
    const name = escapeHtml(label);
    return `<a class="cite" href="${escapeHtml(url)}" aria-label="${name}" data-cite="${number}">${number}</a>`;
  },
  table_open() {
    const label = escapeHtml(gettext("Table"));
    return `<div class="table-scroll" role="group" tabindex="0" aria-label="${label}"><table class="table">`;
  },
  table_close: () => "</table></div>",
  th_open: cell,
  td_open: cell,
  fence: code,
  code_block: code,
  heading_open: (tokens, at) => `<${heading(tokens[at])}>`,
  heading_close: (tokens, at) => `</${heading(tokens[at])}>`,
  link_open(tokens, at) {
    const href = escapeHtml(tokens[at].attrGet("href"));
    return `<a class="textlink" href="${href}" rel="noopener noreferrer nofollow">`;
  },
});

/** The markup of each top-level block, not yet cleaned. */
function blocks(text, env) {
  const tokens = md.parse(text, env);
  const found = [];
  let first = 0;
  tokens.forEach((token, at) => {
    if (token.level !== 0 || token.nesting === 1) return;
    found.push(md.renderer.render(tokens.slice(first, at + 1), md.options, env));
    first = at + 1;
  });
  return found;
}

function element(html) {
  const holder = document.createElement("div");
  holder.append(DOMPurify.sanitize(html, { ...ALLOWED, RETURN_DOM_FRAGMENT: true }));
  dressCode(holder);
  return holder.firstElementChild ?? document.createElement("p");
}

const rendered = new WeakMap(); // container → the markup of its blocks

export function renderInto(container, text, { cite = () => null, streaming = false } = {}) {
  container.querySelector(".caret")?.remove();
  if (!rendered.has(container)) container.replaceChildren();
  const before = rendered.get(container) ?? [];
  const after = blocks(text, { cite });
  after.forEach((html, at) => {
    if (html === before[at]) return;
    const fresh = element(html);
    if (at < container.children.length) container.children[at].replaceWith(fresh);
    else container.append(fresh);
  });
  while (container.children.length > after.length) container.lastElementChild.remove();
  rendered.set(container, after);
  if (streaming) placeCaret(container);
}

function placeCaret(container) {
  let place = container;
  while (place.lastElementChild?.matches("p, ul, ol, li, blockquote, h4, h5, h6")) {
    place = place.lastElementChild;
  }
  const caret = document.createElement("span");
  caret.className = "caret";
  caret.setAttribute("aria-hidden", "true");
  place.append(caret);
}
