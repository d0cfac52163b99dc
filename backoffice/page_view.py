"""A page of a document as a curator looks at it: its text with the passages drawn on it, and where
these stand on the original."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from documents.geometry import PlacedWord, as_shown, boxes_of
from documents.models import Chunk, Page
from documents.reading import Span, stretches_of

# UTF-8 bytes for one token: prose in English and French (ai/budget.py says where it is from).
_BYTES_PER_TOKEN = 4.3


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage in a list beside the text. Its tone tells it from its neighbours."""

    number: int  # from 1 on, within the version
    tone: str  # "a" or "b"
    section: str
    characters: int
    tokens: int  # estimated: each model counts its own
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class TextBlock:
    level: int  # of a heading 2 to 4; 0: a paragraph
    html: SafeString


@dataclass(frozen=True, slots=True)
class PassageBox:
    """In points of the page as it is shown, as text: an SVG writes numbers in one way."""

    number: int
    tone: str
    x: str
    y: str
    width: str
    height: str


def passages_of(chunks: Sequence[Chunk]) -> list[Passage]:
    return [
        Passage(
            number=chunk.number + 1,
            tone=_tone(chunk),
            section=chunk.section,
            characters=len(chunk.text),
            tokens=math.ceil(len(chunk.text.encode()) / _BYTES_PER_TOKEN),
            text=chunk.text,
            hint=chunk.hint,
        )
        for chunk in chunks
    ]


def text_blocks(page: Page, chunks: Sequence[Chunk], found: Sequence[Span]) -> list[TextBlock]:
    """Headings and paragraphs; in them each passage from its number on, and the words found."""
    cuts = {edge for chunk in chunks for edge in (chunk.start, chunk.end)}
    cuts |= {edge for span in found for edge in span}
    blocks, begun = [], set[int]()
    for level, start, end in stretches_of(page.text, page.headings):
        html = "".join(_pieces(page.text, _edges(cuts, start, end), chunks, found, begun))
        blocks.append(TextBlock(level, mark_safe(html)))  # noqa: S308 (escaped piece by piece)
    return blocks


def passage_boxes(
    page: Page, chunks: Sequence[Chunk], words: Sequence[PlacedWord]
) -> list[PassageBox]:
    """Where the passages stand on the original; none where that is not known."""
    if page.width is None or page.height is None:
        return []
    boxes = []
    for chunk in chunks:
        for box in boxes_of(words, [(chunk.start, chunk.end)]):
            shown = as_shown(box, width=page.width, height=page.height, rotation=page.rotation)
            boxes.append(PassageBox(chunk.number + 1, _tone(chunk), *(f"{v:g}" for v in shown)))
    return boxes


def _tone(chunk: Chunk) -> str:
    return "ab"[chunk.number % 2]


def _edges(cuts: set[int], start: int, end: int) -> list[int]:
    return [start, *sorted(cut for cut in cuts if start < cut < end), end]


def _pieces(
    text: str,
    edges: Sequence[int],
    chunks: Sequence[Chunk],
    found: Sequence[Span],
    begun: set[int],
) -> Iterator[str]:
    """Between two edges the same passages hold all characters. `begun`: those whose number stands
    already: a passage may go over several paragraphs."""
    for start, end in pairwise(edges):
        holding = [chunk for chunk in chunks if chunk.start < end and start < chunk.end]
        words = escape(text[start:end])
        if any(first < end and start < last for first, last in found):
            words = f"<mark>{words}</mark>"
        if not holding:
            yield f'<span class="outside">{words}</span>'
            continue
        for chunk in holding:
            if chunk.number not in begun:
                begun.add(chunk.number)
                yield _number(chunk)
        tone = "ab" if len(holding) > 1 else _tone(holding[0])
        numbers = " ".join(str(chunk.number + 1) for chunk in holding)
        yield f'<span class="piece" data-tone="{tone}" data-passages="{numbers}">{words}</span>'


def _number(chunk: Chunk) -> str:
    number = chunk.number + 1
    label = escape(_("Passage %(number)d begins here") % {"number": number})
    return (
        f'<a class="piece-number" data-tone="{_tone(chunk)}" href="#passage-{number}" '
        f'aria-label="{label}">{number}</a>'
    )
