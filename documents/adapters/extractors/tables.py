"""Rows of cells as lines of text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice

Row = Sequence[str]
_NUMBER = re.compile(r"[-+(]?[\d\s.,'’%€$£)]+")
# Numbers that columns are named after: years, dates, quarters.
_PERIOD = re.compile(r"(?:19|20)\d\d(?:[-/.]\d{1,4}){0,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")
_HEADER_CHARACTERS = 100
# Rows above a header that only say what its columns have in common.
_MAX_ROWS_ABOVE = 2
_MAX_HEADER_ROWS = 2
_LOOK_AHEAD = 8
_MAX_EMPTY = 20
# A table in running text that is longer may be cut between passages.
_SHORT_TABLE_CHARACTERS = 800


def bar_line(cells: Row) -> str:
    """`a | b | c`; empty cells keep their place, except at the end and where they are very many."""
    parts: list[str] = []
    empty = 0
    for cell in _flat(cells):
        if not cell:
            empty += 1
            continue
        parts += [""] * min(empty, _MAX_EMPTY)
        parts.append(cell)
        empty = 0
    return " | ".join(parts)


def embedded_table_lines(rows: Sequence[Row]) -> Iterator[str]:
    """The lines of a table in running text: rows as they stand, and under their header's names
    where the table is so long that a passage may hold rows without their header."""
    lines = [line for line in map(bar_line, rows) if line.strip(" |")]
    if sum(map(len, lines)) <= _SHORT_TABLE_CHARACTERS:
        yield from lines
    else:
        yield from table_lines(rows)


def table_lines(rows: Iterable[Row]) -> Iterator[str]:
    """One line per row. Under a plain header each row says what its values are, so that a row
    found on its own can be understood: `Name: Ann | City: Lyon`. After an empty row another
    header may follow; where none does, the last one holds on."""
    header: list[str] = []
    held: list[Row] = []  # a row or two above an empty one: a header, where numbers follow it
    for is_filled, block in groupby(rows, key=_is_filled):
        if not is_filled:
            continue
        rest = iter(block)
        first = list(islice(rest, _LOOK_AHEAD))
        if held and _stands_above(held, first):
            first, held = [*held, *first], []
        header, lines = _lines(header, held)
        yield from lines
        held = []
        if len(first) <= _MAX_HEADER_ROWS:
            held = first
            continue
        header, lines = _lines(header, first)
        yield from lines
        yield from (_line(header, row) for row in rest)
    yield from _lines(header, held)[1]


def _stands_above(held: Sequence[Row], first: Sequence[Row]) -> bool:
    names, rows = _flat(held[-1]), first
    return _is_header(names, rows) and _stands_out(names, rows)


def _lines(header: list[str], rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """The header that holds after the first rows of a block, and what is said of these."""
    lines: list[str] = []
    rest = list(rows)
    while len(rest) > 1 and _filled_cells(rest[0]) == 1 < _filled_cells(rest[1]):
        lines.append(bar_line(rest.pop(0)))  # a title above the table
    if not rest:
        return header, lines
    header, named = _begun(header, rest)
    return header, [*lines, *named, *(_line(header, row) for row in rest[len(named) :])]


def _line(header: Row, row: Row) -> str:
    return _named_line(header, row) if header else bar_line(row)


def _begun(header: list[str], first: Sequence[Row]) -> tuple[list[str], list[str]]:
    """The header that holds for a block of rows, and the lines of those rows that make it."""
    for above in range(min(_MAX_ROWS_ABOVE + 1, len(first))):
        names, below = _flat(first[above]), first[above + 1 :]
        is_plain = _is_header(names, below)
        if is_plain and ((not header and above == 0) or _stands_out(names, below)):
            lines = [bar_line(row) for row in first[: above + 1]]
            if len(below) > 1 and _is_second_header(names, _flat(below[0]), below[1:]):
                return _joined(names, _flat(below[0])), [*lines, bar_line(below[0])]
            return names, lines
    widest = max(map(len, first))
    holds_on = 0 < widest <= len(header) and _filled_cells(first[0]) > 1
    return (header if holds_on else []), []


def _is_header(names: Row, rows: Sequence[Row]) -> bool:
    filled = [name for name in names if name]
    widest = max((_width(row) for row in rows), default=0)
    return (
        len(filled) >= 2
        and bool(rows)
        and 2 * len(filled) >= widest
        and all(len(name) <= _HEADER_CHARACTERS for name in filled)
        and all(_PERIOD.fullmatch(name) or not _NUMBER.fullmatch(name) for name in filled)
        and not all(_PERIOD.fullmatch(name) for name in filled)
    )


def _stands_out(names: Row, rows: Sequence[Row]) -> bool:
    """Whether some column holds numbers below a name: rows of mere text may be more of the same."""
    return any(
        name and not _NUMBER.fullmatch(name) and _NUMBER.fullmatch(cell.strip() or "-")
        for row in rows
        for name, cell in zip(names, row, strict=False)
        if cell.strip()
    )


def _is_second_header(names: Row, below: Row, rows: Sequence[Row]) -> bool:
    """Whether `below` names what stands under names that span several columns."""
    gaps = [not name for name in names] + [True] * (len(below) - len(names))
    named_gaps = [cell for cell, is_gap in zip(below, gaps, strict=False) if is_gap and cell]
    return bool(named_gaps) and _is_header(below, rows) and _stands_out(below, rows)


def _joined(above: Row, below: Row) -> list[str]:
    """What stands right above a name belongs to it only where that holds for all: a name over
    several columns may be that of those at its left or at its right."""
    width = max(len(above), len(below))
    pairs = list(zip(*([*row, *[""] * (width - len(row))] for row in (above, below)), strict=True))
    if all(bool(over) or not name for over, name in pairs):
        return [" ".join(filter(None, pair)) for pair in pairs]
    return [name or over for over, name in pairs]


def _named_line(header: Row, row: Row) -> str:
    cells = _flat(row)
    names = [*header, *[""] * (len(cells) - len(header))]
    named = zip(names, cells, strict=False)
    return " | ".join(f"{name}: {cell}" if name else cell for name, cell in named if cell)


def _flat(cells: Row) -> list[str]:
    return [" ".join(cell.split()) for cell in cells]


def _is_filled(row: Row) -> bool:
    return any(cell and not cell.isspace() for cell in row)


def _filled_cells(row: Row) -> int:
    return sum(1 for cell in row if cell.strip())


def _width(row: Row) -> int:
    return max((index for index, cell in enumerate(row, start=1) if cell.strip()), default=0)
