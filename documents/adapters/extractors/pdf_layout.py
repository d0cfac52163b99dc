"""The order in which a page is read, where the order of its file is not to be trusted.

PDFium gives text as the file has it: most files write what is read first first. Columns that are
written line by line across the page, rows of a table, and lines in no order at all are put right
here, by the boxes of the words. Most pages show no sign of them and cost a glance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import neg, sub
from typing import TypeVar

from documents.adapters.extractors.hyphens import BREAK
from documents.adapters.extractors.pdf_grids import Segment, columns_of, grids_in, rows_of
from documents.adapters.extractors.pdf_words import Words

# In heights of a line. A gap between two words that no justified line has; how far a line must
# stand above the one before to be one that goes back up.
_WIDE_GAP = 0.75
_JUMP = 0.6
# Signs that a page is worth a look: lines with a wide gap; lines that go back up.
_GAPS = 2
_JUMPS = 2
# Words of a usual line, where a single one that goes back up is a sign: cells, not text.
_SHORT_LINE = 4
# Lines that go back up in their own column, in a page that is written in no order; at least so
# many, and so great a share of all.
_SHUFFLED = 3
_SHUFFLED_SHARE = 0.1
_MOST_WORDS = 20_000
# Every so many words tell how high a line is.
_SAMPLE = 5
Values = TypeVar("Values")


@dataclass(frozen=True, slots=True)
class Seen:
    """The words' boxes in the page as it is read: from the upper left corner, down and right."""

    lefts: list[float]
    tops: list[float]
    rights: list[float]
    bottoms: list[float]
    height: float  # of a usual line


def seen(words: Words) -> Seen:
    left, top, right, bottom = turned(
        (words.lefts, words.bottoms, words.rights, words.tops), words.turn, _negated
    )
    heights = sorted(map(sub, bottom[::_SAMPLE], top[::_SAMPLE]))
    return Seen(left, top, right, bottom, max(heights[len(heights) // 2], 1.0))


def _negated(values: list[float]) -> list[float]:
    return list(map(neg, values))


def turned(
    box: tuple[Values, Values, Values, Values], turn: int, minus: Callable[[Values], Values]
) -> tuple[Values, Values, Values, Values]:
    """Left, bottom, right, top in the page as left, top, right, bottom in what is read, for
    which the page is turned clockwise by `turn` degrees."""
    left, bottom, right, top = box
    match turn:
        case 90:
            return bottom, left, top, right
        case 180:
            return minus(right), bottom, minus(left), top
        case 270:
            return minus(top), minus(right), minus(bottom), minus(left)
        case _:
            return left, minus(top), right, minus(bottom)


def needs_a_look(raw: str, words: Words, page: Seen) -> bool:
    """Whether lines have wide gaps, stand side by side, or go back up the page."""
    if len(words) < 4 or len(words) > _MOST_WORDS:
        return False
    wide, up = _WIDE_GAP * page.height, _JUMP * page.height
    across = list(map(sub, page.lefts[1:], page.rights))
    down = list(map(sub, page.tops[1:], page.tops))
    if sum(map(wide.__lt__, across)) >= _GAPS:
        steps = (step for gap, step in zip(across, down, strict=True) if gap > wide)
        if sum(-up < step < up for step in steps) >= _GAPS:
            return True
    jumps = sum(map((-up).__gt__, down))
    return jumps >= _JUMPS or (jumps > 0 and len(words) < _SHORT_LINE * raw.count("\n"))


class Layout:
    """A page's segments, rows and grids."""

    def __init__(self, raw: str, words: Words, page: Seen) -> None:
        self.raw = raw
        self.words = words
        self.page = page
        self.segments = list(self._segments())
        self.rows = rows_of(self.segments, page.height)
        self.grids = [
            grid
            for column in columns_of(self.segments, page.height)
            for grid in grids_in(rows_of(column, page.height), page.height)
        ]

    def text_of(self, segment: Segment) -> str:
        return self.raw[self.words.starts[segment.first] : self.words.ends[segment.last]]

    def is_broken_after(self, segment: Segment) -> bool:
        """Whether its last word goes on in the next line."""
        return self.raw.startswith(BREAK, self.words.ends[segment.last])

    def is_shuffled(self) -> bool:
        """Whether lines are written in no order: again and again one above the one before, in
        the same column."""
        ups = sum(
            1
            for before, after in zip(self.segments, self.segments[1:], strict=False)
            if after.bottom < before.top and after.left < before.right and before.left < after.right
        )
        return ups >= max(_SHUFFLED, _SHUFFLED_SHARE * len(self.segments))

    def _segments(self) -> Iterator[Segment]:
        page, words = self.page, self.words
        wide = _WIDE_GAP * page.height
        first = 0
        for at in range(1, len(words) + 1):
            if at < len(words) and not self._ends_before(at, wide):
                continue
            span = slice(first, at)
            yield Segment(
                first,
                at - 1,
                min(page.lefts[span]),
                min(page.tops[span]),
                max(page.rights[span]),
                max(page.bottoms[span]),
            )
            first = at

    def _ends_before(self, at: int, wide: float) -> bool:
        between = self.raw[self.words.ends[at - 1] : self.words.starts[at]]
        if "\n" in between or BREAK in between:
            return True
        page = self.page
        gap = page.lefts[at] - page.rights[at - 1]
        return gap > wide or gap < -page.height
