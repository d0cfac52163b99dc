"""A page's text written anew where its layout asks for it: columns one after the other, the rows
of a table as `a | b | c`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from itertools import pairwise

from documents.adapters.extractors.hyphens import BREAK
from documents.adapters.extractors.pdf_grids import Grid, Row, Segment
from documents.adapters.extractors.pdf_layout import Layout
from documents.adapters.extractors.pdf_rules import Rules

_BAR = " | "
# What stands before an item of a list.
_MARKER = re.compile(r"\W+|[(\[]?(?:\d{1,3}|[A-Za-z]|[ivxlIVXL]{1,5})[.)\]:]?")
_SIGN = re.compile(r"[^\w\s]")
_NUMBER = re.compile(r"[-+(]?[\d\s.,'’%€$£)]*\d[\d\s.,'’%€$£)]*")
_BROKEN = re.compile(r"[^\W\d_]{2}[-\u2010]\Z")
# A column of running text: characters of a usual line, share of lines that go to its edge.
_LINE_CHARACTERS = 20
_FEWEST_LINES = 3
_FULL_LINE = 0.75
# Of the letters of a page's grid that is columns of text.
_PROSE_SHARE = 0.8
# In heights of a line: rows further apart than lines within a cell.
_ROW_GAP = 0.4
_MOST_FULL_LINES = 3

Cells = list[list[Segment]]


class Kind(Enum):
    PLAIN = "plain"  # read as the file has it
    COLUMNS = "columns"
    TABLE = "table"


class Writer:
    """Collects segments in reading order: the text anew, and the order of its words."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._parts: list[str] = []
        self._last: Segment | None = None
        self.order: list[int] = []

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def add(self, segment: Segment, between: str) -> None:
        """`between` is what parts it from what was added before."""
        if self._last is not None:
            self._parts.append(self._between(self._last, segment, between))
        elif not between.isspace():
            self._parts.append(between.lstrip())
        self._parts.append(self._layout.text_of(segment))
        self.order.extend(range(segment.first, segment.last + 1))
        self._last = segment

    def _between(self, last: Segment, segment: Segment, between: str) -> str:
        """A broken word stays broken where a line follows that may go on with it; PDFium tells
        only of those whose next line follows in the file."""
        if last.last + 1 == segment.first and between == "\n":
            words = self._layout.words
            return self._layout.raw[words.ends[last.last] : words.starts[segment.first]]
        is_broken = self._layout.is_broken_after(last)
        if not between.isspace():
            return f"-{between}" if is_broken else between
        if not is_broken and _BROKEN.search(self._parts[-1]):
            following = self._layout.text_of(segment)[:1]
            is_broken = following.islower()
            if is_broken:
                self._parts[-1] = self._parts[-1][:-1]
        return f"{BREAK}\n" if is_broken else between


def reordered(layout: Layout, rules: Callable[[], Rules]) -> tuple[str, list[int]] | None:
    """The text as it is read and the order of its words; None where the file has it right.
    `rules` is asked only where there is something that may be a table."""
    is_shuffled = layout.is_shuffled()
    drawn = rules() if layout.grids else Rules([], [])
    kinds = {id(grid): _kind(grid, layout, drawn, is_shuffled) for grid in layout.grids}
    if not is_shuffled and all(kind is Kind.PLAIN for kind in kinds.values()):
        return None
    grid_of = {
        first: grid
        for grid in layout.grids
        if kinds[id(grid)] is not Kind.PLAIN
        for first in grid.members
    }
    if is_shuffled:
        segments = [segment for row in layout.rows for segment in row.segments]
    else:
        segments = layout.segments
    writer = Writer(layout)
    written: set[int] = set()
    for segment in segments:
        grid = grid_of.get(segment.first)
        if grid is None:
            writer.add(segment, "\n")
        elif id(grid) not in written:
            written.add(id(grid))
            if kinds[id(grid)] is Kind.COLUMNS:
                _write_columns(writer, grid, layout)
            else:
                _write_table(writer, grid, layout, drawn)
    return writer.text, writer.order


# --- what a grid is ---------------------------------------------------------------------------


def _kind(grid: Grid, layout: Layout, rules: Rules, is_shuffled: bool) -> Kind:
    rows = [grid.cells(row) for row in grid.rows]
    side_by_side = sum(1 for cells in rows if sum(map(bool, cells)) > 1)
    if side_by_side < (2 if grid.width > 2 else 3) or _is_list(rows, layout):
        return Kind.PLAIN
    is_ruled = bool(rules.between_rows(grid))
    if not is_ruled and len(_prose_columns(rows, layout)) > 1:
        in_order = not is_shuffled and _is_column_by_column(_merged(grid, rows, layout))
        return Kind.PLAIN if in_order else Kind.COLUMNS
    if grid.width == 2 and not is_ruled and _is_column_by_column(_columns(rows)):
        return Kind.PLAIN  # two blocks beside each other: addresses, signatures
    return Kind.TABLE


def _columns(rows: Sequence[Cells]) -> list[list[Segment]]:
    return [[segment for cell in column for segment in cell] for column in zip(*rows, strict=True)]


def _is_list(rows: Sequence[Cells], layout: Layout) -> bool:
    """Numbers or signs, and their items: a list is no table. Rows of one may be numbered."""
    firsts = [layout.text_of(segment) for cells in rows for segment in cells[0]]
    marker = _MARKER if len(rows[0]) == 2 else _SIGN
    return 2 * sum(bool(marker.fullmatch(text)) for text in firsts) >= len(firsts)


def _prose_columns(rows: Sequence[Cells], layout: Layout) -> list[int]:
    """Columns of running text, where they are nearly all of the grid."""
    found, prose, all_letters = [], 0, 0
    for index, column in enumerate(_columns(rows)):
        letters = sum(len(layout.text_of(segment)) for segment in column)
        all_letters += letters
        lines = sum(1 for cells in rows if cells[index])
        if lines < _FEWEST_LINES or letters < _LINE_CHARACTERS * lines:
            continue
        left = min(segment.left for segment in column)
        right = max(segment.right for segment in column)
        full = sum(1 for one in column if one.right - left >= _FULL_LINE * (right - left))
        if 2 * full > lines:
            found.append(index)
            prose += letters
    return found if prose >= _PROSE_SHARE * all_letters else []


def _merged(grid: Grid, rows: Sequence[Cells], layout: Layout) -> list[list[Segment]]:
    """The columns of text, each with what stands before its lines (signs of a list), in the
    order in which they are read."""
    prose = _prose_columns(rows, layout)
    owners = [
        next((own for own in prose if own >= index), prose[-1]) for index in range(grid.width)
    ]
    return [
        [
            segment
            for cells in rows
            for index, cell in enumerate(cells)
            if owners[index] == own
            for segment in cell
        ]
        for own in prose
    ]


def _is_column_by_column(columns: Iterable[Sequence[Segment]]) -> bool:
    """Whether the file has the first column whole before the second one."""
    spans = [
        (min(one.first for one in column), max(one.last for one in column))
        for column in columns
        if column
    ]
    return all(before[1] < after[0] for before, after in pairwise(spans))


# --- writing it -------------------------------------------------------------------------------


def _write_columns(writer: Writer, grid: Grid, layout: Layout) -> None:
    rows = [grid.cells(row) for row in grid.rows]
    for column in _merged(grid, rows, layout):
        bottom = float("-inf")
        for segment in column:
            same_line = segment.middle < bottom
            writer.add(segment, " " if same_line else "\n")
            bottom = segment.bottom


def _write_table(writer: Writer, grid: Grid, layout: Layout, rules: Rules) -> None:
    for cells in _logical_rows(grid, layout, rules):
        between, empty = "\n", 0
        for cell in cells:
            if not cell:
                empty += 1
                continue
            for segment in cell:
                writer.add(segment, _opening(between, empty))
                between, empty = " ", 0
            between = _BAR


def _opening(between: str, empty: int) -> str:
    """Cells without text keep their place."""
    if between == "\n":
        return between + (_BAR * empty).lstrip()
    return _BAR * empty + between


def _logical_rows(grid: Grid, layout: Layout, rules: Rules) -> Iterator[Cells]:
    """The rows of a table, their cells whole where these take several lines."""
    groups = _ruled(grid, rules) or _spaced(grid, layout)
    for group in groups:
        rows = [grid.cells(row) for row in group]
        if _is_one_row(rows, layout):
            yield _columns(rows)
        else:
            yield from rows


def _ruled(grid: Grid, rules: Rules) -> list[list[Row]]:
    """The rows between the drawn lines; none where these do not part row from row."""
    lines = rules.between_rows(grid)
    groups: dict[int, list[Row]] = {}
    for row in grid.rows:
        middle = row.segments[0].middle
        groups.setdefault(sum(1 for line in lines if line < middle), []).append(row)
    found = list(groups.values())
    single = sum(1 for group in found if len(group) == 1)
    is_parted = rules.has_frames(grid) or 2 * single >= len(found)
    return found if len(found) > 2 and is_parted else []


def _spaced(grid: Grid, layout: Layout) -> list[list[Row]]:
    """Without drawn lines a row is a line, but where rows stand clearly further apart than the
    lines within their cells."""
    rows = grid.rows
    gaps = [after.top - before.bottom for before, after in pairwise(rows)]
    nearest, furthest = min(gaps), max(gaps)
    limit = (nearest + furthest) / 2
    is_even = furthest - nearest < _ROW_GAP * layout.page.height
    if is_even or 3 * sum(gap > limit for gap in gaps) < len(gaps):
        return [[row] for row in rows]
    groups = [[rows[0]]]
    for gap, row in zip(gaps, rows[1:], strict=True):
        if gap > limit:
            groups.append([row])
        else:
            groups[-1].append(row)
    return groups


def _is_one_row(rows: Sequence[Cells], layout: Layout) -> bool:
    """Whether lines can be those of the same cells: a number has one line, and where all cells
    have many lines, these are rows that nothing parts."""
    columns = list(zip(*rows, strict=True))
    if any(sum(_has_number(cell, layout) for cell in column) > 1 for column in columns):
        return False
    return len(rows) <= _MOST_FULL_LINES or any(not all(column) for column in columns)


def _has_number(cell: Sequence[Segment], layout: Layout) -> bool:
    return any(_NUMBER.fullmatch(layout.text_of(segment)) for segment in cell)
