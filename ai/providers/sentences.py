"""Where the sentences of a passage stand: French and English, text out of PDF pages included.

Spans are offsets into the text, so that a sentence can be quoted as it is and found again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]

# Beyond this a "sentence" is a table or a list without full stops: cut where a line ends.
MAX_CHARS = 400

# A new paragraph, a list item, a heading or a table row begins: no sentence crosses it.
_BLOCK = re.compile(
    r"\n[ \t]*\n|\n(?=[ \t]*(?:[-–—•▪◦●■►➢✓❑*#>|=]|o[ \t]|\(?(?:\d{1,3}|[a-zA-Z])[.)][ \t]))"
)
# What stands before the first word of an item or a heading.
_BULLET = re.compile(
    r"[\s\-–—•▪◦●■►➢✓❑*#>|=]*(?:o[ \t]+(?=[A-ZÀ-Þ])|\(?(?:\d{1,3}|[a-z])[.)][ \t]+)?"
)
_END = re.compile(r"[.!?…]+(?:\s*»|[\"'”’)\]])*(?=\s+[\"'«“‘(\[]?\s*[A-ZÀ-Þ0-9])")
# "Art. 5", "M. Martin", "L. 421-1", "p. 12", "no. 3": a full stop that ends no sentence.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[’'«“.])(?:[A-Za-z]|(?i:arts?|al|av|bd|cf|ch|chap|dr|ed|env|ex|fig|figs|hon|inc|jr|"
    r"janv|févr|juil|sept|oct|nov|déc|jan|feb|mar|apr|aug|dec|mme|mlle|mm|mr|mrs|ms|no|nos|nr|num|"
    r"op|par|pp|prof|réf|ref|sec|sect|st|sr|suiv|tél|tel|vol|vs|e\.g|i\.e|c\.-à-d|ltd|dept|approx))"
    r"\.$"
)
_TERMINAL = (".", "!", "?", "…", ":", ";", "»", "”", ")")
# A line that ends so much before the others do was ended on purpose: a heading.
_HEADING_SHARE = 0.6


def sentence_spans(text: str) -> list[Span]:
    """In their order, without the white space and the bullets around them."""
    return [
        piece
        for block in _blocks(text)
        for sentence in _sentences(text, *block)
        for piece in _pieces(text, *sentence)
    ]


def _blocks(text: str) -> Iterator[Span]:
    longest = max((len(line) for line in text.split("\n")), default=0)
    start = 0
    for match in re.finditer(r"\n", text):
        at = match.start()
        if at >= start and (_BLOCK.match(text, at) or _ends_heading(text, at, longest)):
            yield start, at
            start = at + 1
    yield start, len(text)


def _ends_heading(text: str, newline: int, longest: int) -> bool:
    line = text[text.rfind("\n", 0, newline) + 1 : newline].strip()
    following = text[newline + 1 : newline + 40].lstrip()
    return (
        bool(following)
        and following[0].isupper()
        and not line.endswith(_TERMINAL)
        and not line.endswith(",")
        and len(line) < _HEADING_SHARE * longest
    )


def _sentences(text: str, start: int, end: int) -> Iterator[Span]:
    bullet = _BULLET.match(text, start, end)
    start = bullet.end() if bullet else start
    for match in _END.finditer(text, start, end):
        full_stop = match.group() == "."
        if full_stop and _ABBREVIATION.search(text[max(start, match.end() - 12) : match.end()]):
            continue
        yield start, match.end()
        start = match.end()
    yield start, end


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    while True:
        start, end = _trimmed(text, start, end)
        if end - start <= MAX_CHARS:
            break
        cut = _cut(text, start, start + MAX_CHARS)
        yield _trimmed(text, start, cut)
        start = cut
    if end > start:
        yield start, end


def _cut(text: str, start: int, limit: int) -> int:
    """The best place to cut before `limit`: a line's end, a semicolon, a comma, a space."""
    half = (start + limit) // 2  # not so early that only scraps come out
    for mark in ("\n", "; ", ", ", " "):
        at = text.rfind(mark, half, limit)
        if at >= 0:
            return at + 1
    return limit


def _trimmed(text: str, start: int, end: int) -> Span:
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end
