"""The words of a PDF page with their boxes, by PDFium."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import accumulate
from math import ceil, floor

import pypdfium2
import pypdfium2.raw as pdfium_c

from documents.adapters.extractors.hyphens import BREAK
from documents.folding import fold
from documents.geometry import Box, PlacedWord

# A broken word stands in two lines: it is two words here.
_WORD = re.compile(rf"[^\s{BREAK}]+")
# Beyond it PDFium counts a character twice.
_LAST_OF_BASIC_PLANE = "\uffff"


def placed_words(
    page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, raw: str, text: str
) -> tuple[PlacedWord, ...]:
    """Those of `text`, which was made of `raw`; none where the two do not have the same letters,
    because a box in the wrong place is worse than none."""
    try:
        return tuple(sorted(_placed(page, textpage, raw, text), key=lambda word: word.start))
    except (pypdfium2.PdfiumError, ValueError, OverflowError):  # a broken font; the text is there
        return ()


def _placed(
    page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, raw: str, text: str
) -> Iterator[PlacedWord]:
    said, seen = fold(text), fold(raw)
    if said.letters != seen.letters or max(raw, default="") > _LAST_OF_BASIC_PLANE:
        return
    left, bottom, _right, _top = page.get_bbox()
    # How many letters stand before each character of `raw`.
    counts = [0] * len(raw)
    for origin in seen.origins:
        counts[origin] += 1
    before = [0, *accumulate(counts)]
    index_of = _index_finder(textpage, raw)
    for match in _WORD.finditer(raw):
        first, last = before[match.start()], before[match.end()]
        if first == last:
            continue
        start, end = said.span(first, last)
        box = _box(textpage, index_of(match.start()), index_of(match.end() - 1), (left, bottom))
        yield PlacedWord(start, end, box)


def _box(
    textpage: pypdfium2.PdfTextPage, first: int, last: int, corner: tuple[float, float]
) -> Box:
    """Around the first and the last character: all between them stand in one line."""
    boxes = [textpage.get_charbox(index, loose=True) for index in {first, last}]
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    x, y = corner
    return Box(
        floor(min(lefts) - x), floor(min(bottoms) - y), ceil(max(rights) - x), ceil(max(tops) - y)
    )


def _index_finder(textpage: pypdfium2.PdfTextPage, raw: str) -> Callable[[int], int]:
    """PDFium counts characters that it leaves out of the text (control characters)."""
    if len(raw) == textpage.count_chars():
        return lambda at: at
    return lambda at: max(pdfium_c.FPDFText_GetCharIndexFromTextIndex(textpage, at), 0)
