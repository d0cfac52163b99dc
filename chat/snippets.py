"""The piece of a passage that shows best why it was found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from documents.reading import without_hashes

Span = tuple[int, int]

# Three to four lines of the results.
WINDOW = 300
# How far back a sentence's beginning is looked for, and where none is found, how much stands
# before the first mark.
_REACH = 120
_CONTEXT = 40
# One line end alone is no end of anything: a PDF has them wherever a line was full.
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Snippet:
    text: str
    marks: tuple[Span, ...]


def snippet_of(text: str, marks: Sequence[Span], *, window: int = WINDOW) -> Snippet:
    """At most about `window` characters around the densest marks, cut between words."""
    start = _start(text, _densest(marks, window), window)
    end = _end(text, start + window)
    before, after = ("… " if start else ""), (" …" if end < len(text) else "")
    start = start or without_hashes(text, 0)
    moved = len(before) - start
    inside = [(a + moved, b + moved) for a, b in marks if start <= a and b <= end]
    return Snippet(f"{before}{text[start:end]}{after}", tuple(inside))


def _densest(marks: Sequence[Span], window: int) -> int:
    """Where the window begins that holds most marks; the first of equals."""
    best, most, first = 0, 0, 0
    for index, (_, end) in enumerate(marks):
        while end > marks[first][0] + window:
            first += 1
        if index + 1 - first > most:
            best, most = marks[first][0], index + 1 - first
    return best


def _start(text: str, wanted: int, window: int) -> int:
    """The beginning of a sentence, else of a word, a little before the first mark."""
    wanted = min(wanted, len(text) - window)
    if wanted <= 0:
        return 0
    earliest = max(wanted - _REACH, 0)
    breaks = [match.end() for match in _SENTENCE.finditer(text, earliest, wanted)]
    if breaks:
        return breaks[-1]
    space = text.find(" ", max(wanted - _CONTEXT, 0), wanted)
    return space + 1 if space >= 0 else wanted


def _end(text: str, wanted: int) -> int:
    if wanted >= len(text):
        return len(text)
    space = text.rfind(" ", wanted - _CONTEXT, wanted)
    return space if space > 0 else wanted
