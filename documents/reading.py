"""A page's text as it is read: headings, paragraphs, and the cited characters marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe

Span = tuple[int, int]

_HASHES = re.compile(r"#{1,6}[ \t]+")
_GAP = re.compile(r"\n[ \t]*\n\s*")
# A page's own headings stand under the document's title (h1).
_TOP_HEADING = 2
_LAST_HEADING = 4


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (level 2 to 4) or a paragraph (level 0) as safe HTML."""

    level: int
    html: SafeString


def marked(text: str, spans: Iterable[Span], *, css_class: str = "") -> SafeString:
    """`text` escaped, the spans (in order, code points) in <mark>.

    With html.escape itself: Django's wrappers cost more than the rest of a page of results.
    """
    opening = f'<mark class="{escape(css_class)}">' if css_class else "<mark>"
    parts: list[str] = []
    at = 0
    for start, end in spans:
        start, end = max(start, at), min(end, len(text))
        if start < end:
            parts += (escape(text[at:start]), opening, escape(text[start:end]), "</mark>")
            at = end
    parts.append(escape(text[at:]))
    return mark_safe("".join(parts))  # noqa: S308 (every part is escaped above)


def blocks_of(
    text: str, headings: Sequence[tuple[int, int, str]], cited: Sequence[Span]
) -> list[Block]:
    """`headings` are (level, start, title) as in Page.headings; `cited` in the text's order."""
    return [
        Block(level, marked(text[start:end], _shifted(cited, start, end), css_class="cited"))
        for level, start, end in stretches_of(text, headings)
    ]


def stretches_of(
    text: str, headings: Sequence[tuple[int, int, str]]
) -> Iterator[tuple[int, int, int]]:
    """Each heading and paragraph as its level (2 to 4, 0 for a paragraph), start and end."""
    levels = {start: level for level, start, _title in headings}
    highest = min(levels.values(), default=1)
    for start, end in _spans_of(text, sorted(levels)):
        level = 0
        if start in levels:
            level = min(_TOP_HEADING + levels[start] - highest, _LAST_HEADING)
            start = without_hashes(text, start)
        yield level, start, end


def without_hashes(text: str, start: int) -> int:
    """Where a Markdown heading's words begin."""
    hashes = _HASHES.match(text, start)
    return hashes.end() if hashes else start


def _spans_of(text: str, heading_starts: Sequence[int]) -> Iterator[Span]:
    """Paragraphs end at an empty line; a heading is one line, wherever it stands."""
    starts = set(heading_starts)
    at = 0
    for gap in [*_GAP.finditer(text), None]:
        end = gap.start() if gap else len(text)
        yield from _split_at_headings(text, (at, end), sorted(s for s in starts if at <= s < end))
        at = gap.end() if gap else end


def _split_at_headings(text: str, paragraph: Span, starts: Sequence[int]) -> Iterator[Span]:
    at, end = paragraph
    for start in starts:
        if at < start and text[at:start].strip():
            yield at, start
        line_end = text.find("\n", start, end)
        at = end if line_end < 0 else line_end
        yield start, at
        while at < end and text[at] == "\n":
            at += 1
    if at < end and text[at:end].strip():
        yield at, end


def _shifted(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    inside = ((max(first, start), min(last, end)) for first, last in spans)
    return [(first - start, last - start) for first, last in inside if first < last]
