"""ODS: a section per sheet, a line per row, each cell as its file says that it is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from documents.adapters.extractors.archives import (
    ZIP_DAMAGE,
    check_archive,
    open_archive,
    read_entry,
)
from documents.adapters.extractors.opendocument_names import OFFICE, STYLE, TABLE
from documents.adapters.extractors.opendocument_text import repeats, text_of
from documents.adapters.extractors.sections import checked
from documents.adapters.extractors.sheets import sheet_pages
from documents.errors import CorruptFile, EncryptedFile
from documents.ports import ExtractedPage, ExtractionLimits

_MAX_COLUMNS = 16_384
# Filled rows that say they are repeated; empty ones count as one, however many.
_MAX_REPEATED_ROWS = 100
_MAX_REPEATED_CELLS = 256
_MAX_SPANNED_ROWS = 1_000
_CELL, _COVERED = f"{TABLE}table-cell", f"{TABLE}covered-table-cell"
_ROW, _SHEET, _FAMILY_STYLE = f"{TABLE}table-row", f"{TABLE}table", f"{STYLE}style"
_VALUES = ("string-value", "value", "date-value", "time-value", "boolean-value")

Event = tuple[str, Any]


class OpenSheetsExtractor:
    media_types = frozenset({"application/vnd.oasis.opendocument.spreadsheet"})

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        check_archive(path, limits)
        try:
            with open_archive(path) as archive:
                if b"encryption-data" in read_entry(archive, "META-INF/manifest.xml"):
                    raise EncryptedFile
                with archive.open("content.xml") as content:
                    # Streamed: the tree of a large sheet is many times the size of the file.
                    events = etree.iterparse(
                        content,
                        events=("start", "end"),
                        tag=(_SHEET, _ROW, _FAMILY_STYLE),
                        resolve_entities=False,
                        no_network=True,
                        huge_tree=True,
                    )
                    yield from checked(_pages(events), limits)
        except (*ZIP_DAMAGE, KeyError, etree.XMLSyntaxError) as error:
            raise CorruptFile(cause=repr(error)) from error


def _pages(events: Iterator[Event]) -> Iterator[ExtractedPage]:
    hidden: set[str] = set()
    number = 1
    for event, element in events:
        if element.tag == _FAMILY_STYLE and event == "end":
            properties = element.find(f"{STYLE}table-properties")
            if properties is not None and properties.get(f"{TABLE}display") == "false":
                hidden.add(element.get(f"{STYLE}name", ""))
        elif element.tag == _SHEET and event == "start":
            rows = _filled_down(_rows_of_sheet(events))
            name = element.get(f"{TABLE}name", "")
            if element.get(f"{TABLE}style-name") in hidden:
                for _ in rows:
                    pass
                continue
            for page in sheet_pages(name, rows, number):
                yield page
                number = page.number + 1


def _rows_of_sheet(events: Iterator[Event]) -> Iterator[list[tuple[str, int]]]:
    """Up to the end of the sheet that has begun: text and rows spanned of each cell."""
    depth = 1
    for event, element in events:
        if element.tag == _SHEET:
            depth += 1 if event == "start" else -1
            if depth == 0:
                element.clear()
                return
        elif element.tag == _ROW and event == "end" and depth == 1:
            row = _cells(element)
            times = repeats(element, "rows", _MAX_REPEATED_ROWS) if row else 1
            for _ in range(times):
                yield list(row)
            _forget(element)


def _cells(row: etree._Element) -> list[tuple[str, int]]:
    cells: list[tuple[str, int]] = []
    pending = 0  # empty cells that only count where a filled one follows
    for cell in row:
        if cell.tag not in (_CELL, _COVERED):
            continue
        text = _shown(cell) if cell.tag == _CELL else ""
        if not text:
            pending = min(pending + repeats(cell, "columns", _MAX_COLUMNS), _MAX_COLUMNS)
            continue
        span = cell.get(f"{TABLE}number-rows-spanned", "1")
        times = repeats(cell, "columns", _MAX_REPEATED_CELLS)
        filled = [(text, int(span) if span.isdigit() else 1)] * times
        cells += [*[("", 1)] * pending, *filled]
        pending = 0
        if len(cells) >= _MAX_COLUMNS:
            break
    return cells[:_MAX_COLUMNS]


def _shown(cell: etree._Element) -> str:
    text = " ".join(text_of(cell).split())
    if text:
        return text
    return next(filter(None, (cell.get(f"{OFFICE}{name}", "") for name in _VALUES)), "")


def _filled_down(rows: Iterator[list[tuple[str, int]]]) -> Iterator[list[str]]:
    """A cell that is merged over several rows holds for each of them."""
    held: dict[int, tuple[int, str]] = {}  # column: rows left, text
    for row in rows:
        texts = [text for text, _ in row]
        for column, (_, text) in held.items():
            texts += [""] * (column + 1 - len(texts))
            texts[column] = texts[column] or text
        held = {column: (left - 1, text) for column, (left, text) in held.items() if left > 1}
        for column, (text, span) in enumerate(row):
            if text and 1 < span <= _MAX_SPANNED_ROWS:
                held[column] = span - 1, text
        yield texts


def _forget(element: etree._Element) -> None:
    """Free a row that has been read, and those before it."""
    element.clear()
    parent = element.getparent()
    for before in list(element.itersiblings(preceding=True)):
        parent.remove(before)
