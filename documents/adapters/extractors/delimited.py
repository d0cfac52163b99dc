"""Rows out of CSV whose delimiter nobody has said."""

from __future__ import annotations

import csv
import io
import re

# The best first: a comma also stands in numbers and sentences.
_DELIMITERS = "\t;|,"
_SAID = re.compile(r"sep=([;,\t|])\n")
_SAMPLE_CHARACTERS = 20_000
_SAMPLE_LINES = 50
_MAX_FIELD_CHARACTERS = 1_000_000
# A quotation mark that is never closed takes all that follows into its cell.
_MAX_LINES_IN_A_CELL = 100
_EVEN = 0.9


def rows_of_csv(text: str) -> list[list[str]]:
    """`text` with \\n as line ends. Quotation marks mean themselves where they are not in pairs."""
    said = _SAID.match(text)  # Excel's own first line
    delimiter = said[1] if said else _delimiter(text)
    text = text[said.end() :] if said else text
    csv.field_size_limit(_MAX_FIELD_CHARACTERS)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        if not any(cell.count("\n") > _MAX_LINES_IN_A_CELL for row in rows for cell in row):
            return rows
    except csv.Error:
        pass  # a field without end
    return [line.split(delimiter) for line in text.split("\n")]


def _delimiter(text: str) -> str:
    """The one that splits most of the first lines into the same number of cells."""
    lines = text[:_SAMPLE_CHARACTERS].split("\n")[:_SAMPLE_LINES]
    evenness = {delimiter: _evenness(lines, delimiter) for delimiter in _DELIMITERS}
    best = max(evenness.values())
    return next(one for one in _DELIMITERS if evenness[one] >= _EVEN * best) if best else ","


def _evenness(lines: list[str], delimiter: str) -> float:
    try:
        rows = list(csv.reader([f"{line}\n" for line in lines], delimiter=delimiter))
    except csv.Error:
        return 0.0
    widths = [len(row) for row in rows if row]
    usual = max(set(widths), key=lambda width: (width > 1, widths.count(width)), default=1)
    return widths.count(usual) / len(widths) if usual > 1 else 0.0
