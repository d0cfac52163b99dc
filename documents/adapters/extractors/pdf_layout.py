"""The order in which a page is read, where the order of its file is not to be trusted.

PDFium gives text as the file has it: most files write what is read first first. Columns that are
written line by line across the page, rows of a table, and lines in no order at all are put right
here, by the boxes of the words. Most pages show no sign of them and cost a glance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import neg, sub
from typing import TypeVar

from documents.adapters.extractors.hyphens import BREAK
from documents.adapters.extractors.pdf_words import Words

# In heights of a line. A gap between two words that no justified line has; what a gap must keep
# through several lines to part them; how far a line must stand above the one before to be one
# that goes back up.
_WIDE_GAP = 0.75
_GUTTER = 0.5
_JUMP = 0.6
_SAME_ROW = 0.5
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
Gap = tuple[float, float]
Values = TypeVar("Values")


@dataclass(slots=True)
class Segment:
    """Words of one line without a wide gap, `first` to `last` in the file's order; its box in
    the page as it is read, from the upper left corner."""

    first: int
    last: int
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(slots=True)
class Row:
    """Segments side by side, from left to right."""

    segments: list[Segment]

    @property
    def top(self) -> float:
        return min(segment.top for segment in self.segments)

    @property
    def bottom(self) -> float:
        return max(segment.bottom for segment in self.segments)


@dataclass(slots=True)
class Grid:
    """Rows that have one gap or more in common: columns of text, or a table."""

    rows: list[Row]
    gutters: list[float]  # the middle of each gap, from left to right
    members: set[int] = field(default_factory=set)  # `first` of each segment

    @property
    def width(self) -> int:
        return len(self.gutters) + 1

    def column_of(self, segment: Segment) -> int:
        middle = (segment.left + segment.right) / 2
        return sum(1 for gutter in self.gutters if gutter < middle)

    def cells(self, row: Row) -> list[list[Segment]]:
        cells: list[list[Segment]] = [[] for _ in range(self.width)]
        for segment in row.segments:
            cells[self.column_of(segment)].append(segment)
        return cells


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
    across = map(sub, page.lefts[1:], page.rights)
    down = list(map(sub, page.tops[1:], page.tops))
    gaps = sum(1 for gap, step in zip(across, down, strict=True) if gap > wide and -up < step < up)
    if gaps >= _GAPS:
        return True
    jumps = sum(1 for step in down if step < -up)
    return jumps >= _JUMPS or (jumps > 0 and len(words) < _SHORT_LINE * raw.count("\n"))


class Layout:
    """A page's segments, rows and grids."""

    def __init__(self, raw: str, words: Words, page: Seen) -> None:
        self.raw = raw
        self.words = words
        self.page = page
        self.segments = list(self._segments())
        self.rows = _rows(self.segments, page.height)
        self.grids = list(self._grids())

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

    def _grids(self) -> Iterator[Grid]:
        left = min((segment.left for segment in self.segments), default=0.0)
        right = max((segment.right for segment in self.segments), default=0.0)
        narrow = _GUTTER * self.page.height
        at = 0
        while at < len(self.rows):
            run, gaps = _run(self.rows, at, (left, right), narrow)
            if len(run) < 2:
                at += 1
                continue
            at += len(run)
            grid = Grid(run, [(start + end) / 2 for start, end in gaps])
            grid.members = {segment.first for row in run for segment in row.segments}
            yield grid


def _rows(segments: Sequence[Segment], height: float) -> list[Row]:
    """Segments that stand side by side, from top to bottom. What is much taller than a line (an
    initial, a title on the edge) has a row of its own."""
    rows: list[Row] = []
    for segment in sorted(segments, key=lambda segment: segment.middle):
        if rows and segment.height < 2 * height:
            anchor = rows[-1].segments[0]
            overlap = min(anchor.bottom, segment.bottom) - max(anchor.top, segment.top)
            lower = min(anchor.height, segment.height)
            if anchor.height < 2 * height and overlap > _SAME_ROW * lower:
                rows[-1].segments.append(segment)
                continue
        rows.append(Row([segment]))
    for row in rows:
        row.segments.sort(key=lambda segment: segment.left)
    return rows


def _run(rows: Sequence[Row], at: int, extent: Gap, narrow: float) -> tuple[list[Row], list[Gap]]:
    """The rows from `at` that keep gaps in common, and these."""
    if len(rows[at].segments) < 2:
        return [], []
    gaps = _gaps(rows[at], extent, narrow)
    run = [rows[at]]
    inner = _inner(gaps, run)
    for row in rows[at + 1 :]:
        common = _common(gaps, _gaps(row, extent, narrow), narrow)
        kept = _inner(common, [*run, row])
        # A row across the page ends it; so does one that is cut up in another way.
        if not kept or (len(run) > 1 and 2 * len(kept) < len(inner)):
            break
        gaps, inner = common, kept
        run.append(row)
    while len(run) > 1 and len(run[-1].segments) == 1 and run[-1].segments[0].left < inner[0][0]:
        if _fills(run, inner):
            break
        run.pop()
    return run, _inner(gaps, run)


def _fills(run: Sequence[Row], inner: Sequence[Gap]) -> bool:
    """Whether lines on the left of the first gap reach up to it, as those of a column do."""
    lefts = [row.segments[0] for row in run if row.segments[0].left < inner[0][0]]
    start = min(segment.left for segment in lefts)
    width = inner[0][0] - start
    return 2 * sum(segment.right - start > 0.8 * width for segment in lefts) > len(lefts)


def _gaps(row: Row, extent: Gap, narrow: float) -> list[Gap]:
    """Where the row has nothing, its margins included."""
    gaps = []
    start = extent[0] - 2 * narrow
    for segment in row.segments:
        if segment.left - start >= narrow:
            gaps.append((start, segment.left))
        start = max(start, segment.right)
    gaps.append((start, max(extent[1], start) + 2 * narrow))
    return gaps


def _common(one: Sequence[Gap], other: Sequence[Gap], narrow: float) -> list[Gap]:
    both = (
        (max(first[0], second[0]), min(first[1], second[1])) for first in one for second in other
    )
    return [gap for gap in both if gap[1] - gap[0] >= narrow]


def _inner(gaps: Sequence[Gap], rows: Sequence[Row]) -> list[Gap]:
    """Those with text on both sides."""
    left = min(row.segments[0].right for row in rows)
    right = max(row.segments[-1].left for row in rows)
    return [gap for gap in gaps if gap[0] >= left - 0.01 and gap[1] <= right + 0.01]
