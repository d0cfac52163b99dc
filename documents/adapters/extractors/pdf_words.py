"""The words of a PDF page and their boxes, by PDFium; their places in the page's final text."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Sequence
from ctypes import PYFUNCTYPE, addressof, c_float, c_int, c_void_p, cast
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from math import ceil, degrees, floor

import pypdfium2
import pypdfium2.raw as pdfium_c

from documents.adapters.extractors.clean import clean_text
from documents.adapters.extractors.hyphens import BREAK
from documents.geometry import Columns, pack_columns

# A broken word stands in two lines: it is two words here.
_WORD = re.compile(rf"[^\s{BREAK}]+")
_LAST_OF_BASIC_PLANE = "\uffff"
# Between two words of the text: spaces, a line end, a hyphen, a bar, cells that are empty.
_LONGEST_GAP = 200
_FLOATS_PER_BOX = 4
_ANGLES = 5

# PDFium's function without what ctypes does for every argument of the declared types: it is
# called twice for each word. bool FPDFText_GetLooseCharBox(textpage, index, FS_RECTF *rect)
_char_box = PYFUNCTYPE(c_int, c_void_p, c_int, c_void_p)(
    cast(pdfium_c.FPDFText_GetLooseCharBox, c_void_p).value or 0
)


@dataclass(slots=True)
class Words:
    """Columns, not rows: a page has hundreds. `starts` and `ends` are offsets into the page's
    text as PDFium gives it; boxes are PDF points of the unrotated page, its own origin."""

    starts: list[int]
    ends: list[int]
    lefts: list[float]
    bottoms: list[float]
    rights: list[float]
    tops: list[float]
    # How far the page is to be turned clockwise for most of them to stand upright, in degrees:
    # not always what the file says of the page.
    turn: int = 0

    def __len__(self) -> int:
        return len(self.starts)

    def __bool__(self) -> bool:
        return bool(self.starts)


NO_WORDS = Words([], [], [], [], [], [])


def words_of(textpage: pypdfium2.PdfTextPage, raw: str) -> Words:
    """All words of `raw`, the text of the page as PDFium gives it."""
    spans = [match.span() for match in _WORD.finditer(raw)]
    if not spans:
        return NO_WORDS
    starts, ends = map(list, zip(*spans, strict=True))
    # The first and the last character of each: all between them stand in one line.
    wanted = [0] * (2 * len(starts))
    wanted[0::2] = starts
    wanted[1::2] = [end - 1 for end in ends]
    if len(raw) != textpage.count_chars():
        wanted = list(map(_index_finder(textpage, raw), wanted))
    # Left, top, right and bottom of the one, then of the other.
    boxes = _boxes(textpage, wanted)
    return Words(
        starts,
        ends,
        list(map(min, boxes[0::8], boxes[4::8])),
        list(map(min, boxes[3::8], boxes[7::8])),
        list(map(max, boxes[2::8], boxes[6::8])),
        list(map(max, boxes[1::8], boxes[5::8])),
        _turn(textpage, wanted),
    )


def _turn(textpage: pypdfium2.PdfTextPage, indices: Sequence[int]) -> int:
    """By a few characters from all over the page."""
    step = len(indices) // _ANGLES + 1
    angles = [pdfium_c.FPDFText_GetCharAngle(textpage, index) for index in indices[::step]]
    turns = [round(-degrees(angle) / 90) % 4 * 90 for angle in angles]
    return max(turns, key=turns.count)


def _boxes(textpage: pypdfium2.PdfTextPage, indices: Sequence[int]) -> list[float]:
    """Left, top, right and bottom of each character; zero where PDFium has no box."""
    buffer = (c_float * (_FLOATS_PER_BOX * len(indices)))()
    first = addressof(buffer)
    step = 4 * _FLOATS_PER_BOX
    page = cast(textpage.raw, c_void_p).value
    places = range(first, first + step * len(indices), step)
    deque(map(_char_box, repeat(page), indices, places), maxlen=0)
    return buffer[:]


def _index_finder(textpage: pypdfium2.PdfTextPage, raw: str) -> Callable[[int], int]:
    """PDFium counts characters that it leaves out of the text (control characters), and those
    beyond the basic plane twice."""
    astral: list[int] = []
    if raw and max(raw) > _LAST_OF_BASIC_PLANE:
        astral = [at for at, char in enumerate(raw) if char > _LAST_OF_BASIC_PLANE]
    complete = len(raw) + len(astral) == textpage.count_chars()

    def index_of(at: int) -> int:
        unit = at + bisect_left(astral, at)
        if complete:
            return unit
        found: int = pdfium_c.FPDFText_GetCharIndexFromTextIndex(textpage, unit)
        return max(found, 0)

    return index_of


def pack_words(
    words: Words, order: Sequence[int], raw: str, text: str, corner: tuple[float, float]
) -> bytes:
    """`order` names the words as they follow each other in `text`, a range where that is the
    file's order; `corner` is the lower left
    one of what is shown of the page. Empty where the text does not hold the words: a box in the
    wrong place is worse than none."""
    if not order:
        return b""
    try:
        starts, ends = _spans(words, order, raw, text)
        x, y = corner
        return pack_columns(
            Columns(
                starts,
                ends,
                _whole(words.lefts, order, x, floor),
                _whole(words.bottoms, order, y, floor),
                _whole(words.rights, order, x, ceil),
                _whole(words.tops, order, y, ceil),
            )
        )
    except (ValueError, OverflowError):  # a broken font; the text is there
        return b""


def _whole(
    values: list[float], order: Sequence[int], origin: float, rounded: Callable[[float], int]
) -> list[int]:
    if not isinstance(order, range):
        values = [values[index] for index in order]
    return [rounded(value - origin) for value in values] if origin else list(map(rounded, values))


def _spans(words: Words, order: Sequence[int], raw: str, text: str) -> tuple[list[int], list[int]]:
    """Where each word begins and ends in the text; at one place where cleaning left nothing of
    it. Raises ValueError where one is missing."""
    if isinstance(order, range):
        found = _spans_by_line(words, raw, text)
        if found:
            return found
    starts, ends = [], []
    at = 0
    for index in order:
        word = raw[words.starts[index] : words.ends[index]]
        if not word.isascii() or not word.isprintable():
            word = _cleaned(word)
        start = text.find(word, at, at + len(word) + _LONGEST_GAP)
        if start < 0:  # its hyphen is gone where it was broken
            word = word.rstrip("-\u2010")
            start = text.index(word, at, at + len(word) + _LONGEST_GAP)
        if start > at + 1 and not text[at:start].translate(_SEPARATORS).isspace():
            raise ValueError("letters between two words")
        at = start + len(word)
        starts.append(start)
        ends.append(at)
    return starts, ends


def _spans_by_line(words: Words, raw: str, text: str) -> tuple[list[int], list[int]] | None:
    """The same for most pages, whose lines stand in the text as they are."""
    raw_lines, lines = raw.split("\r\n"), text.split("\n")
    if len(raw_lines) != len(lines):
        return None
    starts: list[int] = []
    ends: list[int] = []
    at = place = 0
    for raw_line, line in zip(raw_lines, lines, strict=True):
        if raw_line.rstrip() != line:
            return None
        shift = at - place
        last = bisect_left(words.starts, at + len(raw_line), len(starts))
        span = slice(len(starts), last)
        starts += [start - shift for start in words.starts[span]]
        ends += [end - shift for end in words.ends[span]]
        at += len(raw_line) + 2
        place += len(line) + 1
    return starts, ends


_SEPARATORS = str.maketrans("|-", "  ")


@lru_cache(maxsize=4096)
def _cleaned(word: str) -> str:
    return clean_text(word)
