"""Rows of cells as lines of text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

Row = Sequence[str]
_NUMBER = re.compile(r"[-+(]?[\d\s.,'’%€$£)]+")
_HEADER_CHARACTERS = 60
_LOOK_AHEAD = 8


def bar_line(cells: Row) -> str:
    """`a | b | c`; empty cells keep their place except at the end."""
    flat = [" ".join(cell.split()) for cell in cells]
    while flat and not flat[-1]:
        flat.pop()
    return " | ".join(flat)


def table_lines(rows: Iterable[Row]) -> Iterator[str]:
    """One line per row. Under a plain header each row says what its values are, so that a row
    found on its own can be understood: `Name: Ann | City: Lyon`."""
    filled = (row for row in rows if any(cell.strip() for cell in row))
    first = list(islice(filled, _LOOK_AHEAD))
    while len(first) > 1 and sum(map(bool, map(str.strip, first[0]))) == 1:
        yield bar_line(first.pop(0))  # a title above the table
    if not first:
        return
    yield bar_line(first[0])
    header = [" ".join(cell.split()) for cell in first[0]]
    names_values = len(first) > 1 and _is_header(header, first[1:])
    for row in chain(first[1:], filled):
        yield _named_line(header, row) if names_values else bar_line(row)


def _is_header(header: Row, rows: Sequence[Row]) -> bool:
    names = [name for name in header if name]
    return (
        len(names) >= 2
        and len(names) == len(header) == len(set(names))
        and all(len(name) <= _HEADER_CHARACTERS for name in names)
        and not any(_NUMBER.fullmatch(name) for name in names)
        and all(len(row) <= len(header) for row in rows)
    )


def _named_line(header: Row, row: Row) -> str:
    if len(row) > len(header):
        return bar_line(row)
    named = zip(header, (" ".join(cell.split()) for cell in row), strict=False)
    return " | ".join(f"{name}: {value}" for name, value in named if value)
