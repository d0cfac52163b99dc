"""The lines that are drawn on a PDF page: where a table has them, they part its rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from operator import neg

import pypdfium2
import pypdfium2.raw as pdfium_c

from documents.adapters.extractors.pdf_grids import Grid
from documents.adapters.extractors.pdf_layout import turned

# PDF points.
_THIN = 3.0
_LONG = 15.0
# A drawing has more; a table does not need them.
_MOST_PATHS = 3_000
_DEPTH = 2
# Of a grid's width, to part its rows.
_SPANNING = 0.6


@dataclass(frozen=True, slots=True)
class Rules:
    """In the page as it is read, from the upper left corner."""

    across: list[tuple[float, float, float]]  # y, from, to; from top to bottom
    down: list[tuple[float, float, float]]  # x, from, to

    def between_rows(self, grid: Grid) -> list[float]:
        """The height of each line that parts rows of the grid, from top to bottom."""
        left = min(row.segments[0].left for row in grid.rows)
        right = max(row.segments[-1].right for row in grid.rows)
        first, last = grid.rows[0].segments[0].middle, grid.rows[-1].segments[0].middle
        found: list[tuple[float, float]] = []  # height, length within the grid
        for y, start, end in self.across:
            length = min(end, right) - max(start, left)
            if not first < y < last or length <= 0:
                continue
            if found and y - found[-1][0] < _THIN:
                length += found.pop()[1]
            found.append((y, length))
        return [y for y, length in found if length >= _SPANNING * (right - left)]

    def has_frames(self, grid: Grid) -> bool:
        """Whether lines part its columns as well."""
        left = min(row.segments[0].right for row in grid.rows)
        right = max(row.segments[-1].left for row in grid.rows)
        top, bottom = grid.rows[0].top, grid.rows[-1].bottom
        return any(
            left <= x <= right and start < bottom and top < end for x, start, end in self.down
        )


def rules_of(page: pypdfium2.PdfPage, turn: int) -> Rules:
    rules = Rules([], [])
    for box in _boxes(page):
        left, top, right, bottom = turned(box, turn, neg)
        if bottom - top <= _THIN:
            if right - left >= _LONG:
                rules.across.append(((top + bottom) / 2, left, right))
        elif right - left <= _THIN:
            if bottom - top >= _LONG / 2:
                rules.down.append(((left + right) / 2, top, bottom))
        else:  # a cell's frame or its ground: its edges count
            rules.across.extend(((top, left, right), (bottom, left, right)))
            rules.down.extend(((left, top, bottom), (right, top, bottom)))
    rules.across.sort()
    return rules


def _boxes(page: pypdfium2.PdfPage) -> Iterator[tuple[float, float, float, float]]:
    paths = page.get_objects(filter=(pdfium_c.FPDF_PAGEOBJ_PATH,), max_depth=_DEPTH)
    for path in islice(paths, _MOST_PATHS):
        try:
            yield path.get_bounds()
        except pypdfium2.PdfiumError:
            continue
