"""XLSX: a section per sheet, a line per row, values as they are shown.

Sheets that are hidden are left out: nobody who opens the file sees them.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from lxml import etree
from openpyxl.utils import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from documents.adapters.extractors.archives import ZIP_DAMAGE, check_archive
from documents.adapters.extractors.numbers import shown
from documents.adapters.extractors.sections import Sections, checked
from documents.adapters.extractors.tables import table_lines
from documents.errors import CorruptFile
from documents.ports import ExtractedPage, ExtractionLimits

_DAMAGE = (
    *ZIP_DAMAGE,
    InvalidFileException,
    ParseError,
    etree.XMLSyntaxError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
)
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_BLOCK_BYTES = 1_000_000
# Merged over more rows than this, a cell is a frame around the sheet.
_MAX_MERGED_ROWS = 1_000
_MAX_MERGES = 100_000


class SheetsExtractor:
    media_types = frozenset({"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"})

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        check_archive(path, limits)
        try:
            # An open file, because of a path openpyxl wants to see the extension. Read-only
            # streams the rows; data_only takes the values Excel last computed.
            with (
                path.open("rb") as file,
                closing(openpyxl.load_workbook(file, read_only=True, data_only=True)) as workbook,
            ):
                yield from checked(_pages(workbook), limits)
        except _DAMAGE as error:
            raise CorruptFile(cause=repr(error)) from error


def _pages(workbook: Any) -> Iterator[ExtractedPage]:
    number = 1
    for sheet in workbook.worksheets:
        if sheet.sheet_state != "visible":
            continue
        sheet.reset_dimensions()  # what the file says of its extent is often wrong
        # openpyxl does not say in public which entry of the package a streamed sheet is.
        merges = _merges(workbook._archive, sheet._worksheet_path)  # noqa: SLF001
        for page in sheet_pages(sheet.title, _filled_down(_rows(sheet), merges), number):
            yield page
            number = page.number + 1


def sheet_pages(title: str, rows: Iterator[list[str]], number: int) -> Iterator[ExtractedPage]:
    """The pages of one sheet, the first with the given number; none where no cell is filled."""
    sections = Sections(label=title)
    sections.heading(1, title)
    has_rows = False
    for line in table_lines(rows):
        has_rows = True
        sections.line(line)
    yield from sections.pages(number) if has_rows else ()


def _rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        cells = [
            shown(cell.value, cell.number_format or "") if cell.value is not None else ""
            for cell in row
        ]
        while cells and not cells[-1]:
            cells.pop()
        yield cells


def _filled_down(rows: Iterator[list[str]], merges: dict[tuple[int, int], int]) -> Iterator[Any]:
    """A cell that is merged over several rows holds for each of them."""
    held: dict[int, tuple[int, str]] = {}  # column: last row, text
    for number, row in enumerate(rows, start=1):
        if not merges:
            yield row
            continue
        held = {column: kept for column, kept in held.items() if kept[0] >= number}
        for column, (_, text) in held.items():
            row += [""] * (column + 1 - len(row))
            row[column] = row[column] or text
        for column, text in enumerate(row):
            last = merges.get((number, column))
            if last is not None and text:
                held[column] = last, text
        yield row


def _merges(archive: zipfile.ZipFile, name: str) -> dict[tuple[int, int], int]:
    """The last row by the first cell (row from 1, column from 0) of each cell that spans rows.

    Read apart, because openpyxl leaves them out when it streams; they stand behind the rows.
    """
    found: dict[tuple[int, int], int] = {}
    kept = b""
    with archive.open(name) as entry:
        while block := entry.read(_BLOCK_BYTES):
            for match in _MERGED.finditer(kept + block):
                left, top, _, bottom = range_boundaries(match[1].decode())
                if 0 < bottom - top < _MAX_MERGED_ROWS and len(found) < _MAX_MERGES:
                    found[(top, left - 1)] = bottom
            kept = block[-60:]
    return found
