"""Answers as HTML: Markdown without raw HTML, then an allow-list; markers become links.

theme/js/markdown.js renders the same text to the same markup while it streams.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from chat.frames import PassageView
from chat.passages import inside, reference_of
from chat.snippets import snippet_of
from documents.reading import marked

_MARKER = re.compile(r" ?\[(\d{1,3})\]")

_TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a", "div"),
}
_ATTRIBUTES = {
    "a": {"href", "class", "aria-label", "data-cite", "rel"},
    "div": {"class", "role", "tabindex", "aria-label"},
    "pre": {"class", "role", "tabindex", "aria-label"},
    "table": {"class"},
    "th": {"class", "scope"},
    "td": {"class"},
    "ol": {"start"},
}


def answer_html(
    text: str, passages: Iterable[PassageView], answer: UUID | None = None
) -> SafeString:
    """`text` as HTML. A marker whose passage is not among `passages` leaves no trace: its
    document is gone, or is no longer open to the reader."""
    by_number = {passage.number: passage for passage in passages}
    html = _markdown().render(text, {"passages": by_number, "answer": answer})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,  # ours carry their own; links to sources need none
    )
    return mark_safe(clean)  # noqa: S308 (cleaned in the line above)


def passage_html(passage: PassageView) -> SafeString:
    """The passage's words; marked are those cited, or where that is not known, the question's."""
    return marked(passage.text, inside(passage) or passage.marks)


def card_html(passage: PassageView) -> SafeString:
    """As much of it as a card of the sources shows, around those words."""
    snippet = snippet_of(passage.text, inside(passage) or passage.marks)
    return marked(snippet.text, snippet.marks)


def with_trail(url: str, answer: UUID | None) -> str:
    """A source's address that leads back to the answer."""
    return f"{url}&{urlencode({'answer': str(answer)})}" if answer else url


@cache
def _markdown() -> MarkdownIt:
    # No images: a text that a document has smuggled in must not call a server. No reference
    # definitions: "[1]: https://…" in an answer would turn our markers into somebody's links.
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    markdown.disable(["image", "reference"])
    markdown.core.ruler.push("citations", _split_markers)
    rules: dict[str, Callable[..., str]] = {
        "cite": _render_cite,
        "table_open": _render_table_open,
        "table_close": _render_table_close,
        "th_open": _render_cell_open,
        "td_open": _render_cell_open,
        "fence": _render_code,
        "code_block": _render_code,
        "heading_open": _render_heading_open,
        "heading_close": _render_heading_close,
        "link_open": _render_link_open,
    }
    for name, rule in rules.items():
        markdown.add_render_rule(name, rule)
    return markdown


def _split_markers(state: StateCore) -> None:
    passages: Mapping[int, PassageView] = state.env["passages"]
    for token in state.tokens:
        if token.type != "inline" or not token.children:
            continue
        token.children = [piece for child in token.children for piece in _pieces(child, passages)]


def _pieces(token: Token, passages: Mapping[int, PassageView]) -> list[Token]:
    if token.type != "text" or "[" not in token.content:
        return [token]
    pieces: list[Token] = []
    at = 0
    for match in _MARKER.finditer(token.content):
        pieces.append(_text_token(token.content[at : match.start()]))
        number = int(match[1])
        if number in passages:
            cite = Token("cite", "", 0)
            cite.meta = {"number": number}
            pieces.append(cite)
        at = match.end()
    pieces.append(_text_token(token.content[at:]))
    return pieces


def _text_token(content: str) -> Token:
    return Token("text", "", 0, content=content)


Env = MutableMapping[str, Any]


def _render_cite(
    _self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, env: Env
) -> str:
    number: int = tokens[at].meta["number"]
    passage: PassageView = env["passages"][number]
    label = _("Source %(number)s: %(title)s, %(reference)s") % {
        "number": number,
        "title": passage.title,
        "reference": reference_of(passage),
    }
    url = with_trail(passage.url, env["answer"])
    return (
        f'<a class="cite" href="{escape(url)}" aria-label="{escape(label)}"'
        f' data-cite="{number}">{number}</a>'
    )


def _render_table_open(*_args: object) -> str:
    name = escape(_("Table"))
    return (
        f'<div class="table-scroll" role="group" tabindex="0" aria-label="{name}">'
        '<table class="table">'
    )


def _render_table_close(*_args: object) -> str:
    return "</table></div>"


def _render_cell_open(
    _self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: Env
) -> str:
    token = tokens[at]
    # Alignment comes as a style attribute, which the content policy refuses.
    right = "text-align:right" in str(token.attrs.get("style", ""))
    scope = ' scope="col"' if token.tag == "th" else ""
    return f'<{token.tag}{scope} class="text-right">' if right else f"<{token.tag}{scope}>"


def _render_code(
    _self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: Env
) -> str:
    name = escape(_("Code"))
    code = escape(tokens[at].content)
    return (
        f'<pre class="code" role="group" tabindex="0" aria-label="{name}"><code>{code}</code></pre>'
    )


def _heading(token: Token) -> str:
    """The question is h2 and “Answer” h3, so that an answer's own headings begin at h4."""
    return f"h{min(int(token.tag[1]) + 3, 6)}"


def _render_heading_open(
    _self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: Env
) -> str:
    return f"<{_heading(tokens[at])}>"


def _render_heading_close(
    _self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: Env
) -> str:
    return f"</{_heading(tokens[at])}>"


def _render_link_open(
    _self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: Env
) -> str:
    href = escape(str(tokens[at].attrs.get("href", "")))
    return f'<a class="textlink" href="{href}" rel="noopener noreferrer nofollow">'
