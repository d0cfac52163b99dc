"""Lines of a PDF page side by side: rows, and runs of rows that have gaps in common."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

# In heights of a line: what a gap must keep through several lines to part them; how much
# of the lower of two lines must stand beside the other for both to be in one row.
_GUTTER = 0.5
_SAME_ROW = 0.5
# In narrow gaps: a row so far below the others is not one of them, unless they are far apart.
_FAR = 7.0
_FURTHER = 2.5
# In heights of a line: how far lines of one row may stand apart; the share that must not.
_ALIGNED = 0.25
_MOST = 0.75
# In heights of a line: how far up the top of the next column is from the end of one; a cell
# seldom has as many lines.
_COLUMN_JUMP = 6.0
# Words of a cell that is none of running text.
_SHORT_CELL = 4

Gap = tuple[float, float]


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
        return bisect_left(self.gutters, (segment.left + segment.right) / 2)

    def cells(self, row: Row) -> list[list[Segment]]:
        cells: list[list[Segment]] = [[] for _ in range(self.width)]
        for segment in row.segments:
            cells[self.column_of(segment)].append(segment)
        return cells


def columns_of(segments: Sequence[Segment], height: float) -> list[list[Segment]]:
    """Columns of text that the file has one after the other, in its order; `height` is that of a
    usual line. What stands above or below them is with the one that it is written with."""
    jumps = [
        at
        for at in range(1, len(segments))
        if segments[at].bottom < segments[at - 1].top - _COLUMN_JUMP * height
    ]
    columns: list[list[Segment]] = []
    start = 0
    for jump, following in pairwise([*jumps, len(segments)]):
        if _are_columns(segments[start:jump], segments[jump:following]):
            columns.append(list(segments[start:jump]))
            start = jump
    return [*columns, list(segments[start:])]


def _are_columns(before: Sequence[Segment], after: Sequence[Segment]) -> bool:
    """Whether one stands right of the other, and they are not cells of the same rows."""
    left = [one for one in before if one.bottom > after[0].top]
    bottom = max((one.bottom for one in left), default=0.0)
    right = [one for one in after if one.top < bottom]
    return (
        bool(left and right)
        and max(one.right for one in left) <= min(one.left for one in right)
        and (_is_text(left) or _is_text(right) or not _is_aligned(left, right))
    )


def _is_text(segments: Sequence[Segment]) -> bool:
    """Whether most words stand in lines of text rather than in cells."""
    words = [segment.last - segment.first + 1 for segment in segments]
    return 2 * sum(count for count in words if count >= _SHORT_CELL) >= sum(words)


def _is_aligned(left: Sequence[Segment], right: Sequence[Segment]) -> bool:
    """Whether nearly all on the right have a line of their height on the left."""
    heights = sorted(one.middle for one in left)
    met = 0
    for one in right:
        reach = _ALIGNED * one.height
        at = bisect_left(heights, one.middle - reach)
        met += at < len(heights) and heights[at] <= one.middle + reach
    return met >= _MOST * len(right)


def rows_of(segments: Sequence[Segment], height: float) -> list[Row]:
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


class _Run:
    """Rows from top to bottom that keep gaps in common."""

    def __init__(self, first: Row, extent: Gap, narrow: float) -> None:
        self._extent = extent
        self._narrow = narrow
        self.rows = [first]
        self._gaps = _gaps(first, extent, narrow)
        self.inner = _inner(self._gaps, self.rows)
        self._furthest = 0.0  # of a row from the one above

    def add(self, row: Row) -> bool:
        """Whether the row is one of them: not where it goes across, is cut up in another way, or is
        far off."""
        common = _common(self._gaps, _gaps(row, self._extent, self._narrow), self._narrow)
        kept = _inner(common, [*self.rows, row])
        distance = row.top - self.rows[-1].bottom
        if (
            not kept
            or (len(self.rows) > 1 and self._breaks(row, kept))
            or _is_cut_up(row, len(kept))
            or distance > max(_FAR * self._narrow, _FURTHER * self._furthest)
        ):
            return False
        self._furthest = max(self._furthest, distance)
        self._gaps, self.inner = common, kept
        self.rows.append(row)
        return True

    def _breaks(self, row: Row, kept: Sequence[Gap]) -> bool:
        """Whether too little is left in common: a title across the first columns is no row."""
        left = len(_common(self.inner, kept, self._narrow))
        lost = len(self.inner) - left
        return 2 * left < len(self.inner) or (lost > 0 and len(row.segments) == 1)

    def trim(self) -> None:
        """Lines below it on the left are not of a table; those of a column reach up to its gap."""
        while len(self.rows) > 1 and len(self.rows[-1].segments) == 1:
            last = self.rows[-1].segments[0]
            if last.left >= self.inner[0][0] or _fills(self.rows, self.inner):
                break
            self.rows.pop()
        self.inner = _inner(self._gaps, self.rows)


def _is_cut_up(row: Row, kept: int) -> bool:
    """Whether the row has gaps of its own: one may be a wide space, not between short cells."""
    own = len(row.segments) - 1
    width = sum(segment.last - segment.first + 1 for segment in row.segments)
    return own - kept >= 2 or (own > kept and width < _SHORT_CELL * len(row.segments))


def grids_in(rows: Sequence[Row], height: float) -> list[Grid]:
    """Runs of rows that have gaps in common; `height` is that of a usual line."""
    segments = [segment for row in rows for segment in row.segments]
    left = min((segment.left for segment in segments), default=0.0)
    right = max((segment.right for segment in segments), default=0.0)
    found: list[Grid] = []
    at = 0
    while at < len(rows):
        if len(rows[at].segments) < 2:
            at += 1
            continue
        run = _Run(rows[at], (left, right), _GUTTER * height)
        for row in rows[at + 1 :]:
            if not run.add(row):
                break
        run.trim()
        at += len(run.rows)
        if len(run.rows) > 1:
            gutters = [(start + end) / 2 for start, end in run.inner]
            members = {segment.first for row in run.rows for segment in row.segments}
            found.append(Grid(run.rows, gutters, members))
    return found


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
    """What both leave free; each from left to right."""
    found = []
    first = second = 0
    while first < len(one) and second < len(other):
        gap = max(one[first][0], other[second][0]), min(one[first][1], other[second][1])
        if gap[1] - gap[0] >= narrow:
            found.append(gap)
        if one[first][1] < other[second][1]:
            first += 1
        else:
            second += 1
    return found


def _inner(gaps: Sequence[Gap], rows: Sequence[Row]) -> list[Gap]:
    """Those with text on both sides."""
    left = min(row.segments[0].right for row in rows)
    right = max(row.segments[-1].left for row in rows)
    return [gap for gap in gaps if gap[0] >= left - 0.01 and gap[1] <= right + 0.01]
