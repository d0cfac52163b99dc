"""XLSX: a section per sheet, a line per row, values as they are shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from lxml import etree
from openpyxl.utils.exceptions import InvalidFileException

from documents.adapters.extractors.archives import ZIP_DAMAGE, check_archive
from documents.adapters.extractors.sections import Sections, checked, count
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


class SheetsExtractor:
    media_types = frozenset({"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"})
    has_pages = False

    def page_count(self, path: Path, limits: ExtractionLimits) -> int:
        return count(self.extract(path, limits))

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
        sheet.reset_dimensions()  # what the file says of its extent is often wrong
        sections = Sections(label=sheet.title)
        sections.heading(1, sheet.title)
        has_rows = False
        for line in table_lines(_rows(sheet)):
            has_rows = True
            sections.line(line)
        for page in sections.pages(number) if has_rows else ():
            yield page
            number = page.number + 1


def _rows(sheet: Any) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        cells = [_shown(cell.value, cell) if cell.value is not None else "" for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        yield cells


def _shown(value: object, cell: Any) -> str:
    match value:
        case bool():
            return str(value).upper()
        case float():
            return _shown_number(value, cell.number_format or "")
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.datetime():
            return value.isoformat(" ", "minutes")
        case _:
            return str(value)


def _shown_number(value: float, number_format: str) -> str:
    if number_format.endswith("%"):
        return f"{value * 100:.6g} %"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.12g}"
