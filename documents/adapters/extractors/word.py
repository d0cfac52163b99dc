"""DOCX: paragraphs, lists and tables in document order, headings by outline level."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from documents.adapters.extractors.archives import ZIP_DAMAGE, check_archive, open_archive
from documents.adapters.extractors.listing import item_line
from documents.adapters.extractors.sections import Sections, checked
from documents.adapters.extractors.tables import embedded_table_lines
from documents.adapters.extractors.word_lists import ListMarks, Mark
from documents.adapters.extractors.word_package import RELATION_ID, WordPackage, w
from documents.adapters.extractors.word_styles import Styles
from documents.adapters.extractors.word_text import (
    FALLBACK,
    WRAPPERS,
    is_contents_control,
    rows_of,
    text_boxes,
    text_of,
)
from documents.errors import CorruptFile, NoText
from documents.ports import ExtractedPage, ExtractionLimits

_NOTE_REFERENCES = {w("footnoteReference"): "footnote", w("endnoteReference"): "endnote"}
_PAGE_COUNT = re.compile(r"(?:page|seite|p\.)?\s*\d+\s*(?:(?:/|sur|of|de|von|\|)\s*\d+)?", re.I)
# A cell of more text places it on the page and is no value of a table.
_MAX_CELL_CHARACTERS = 2_000
_MAX_DEPTH = 40


class WordExtractor:
    media_types = frozenset(
        {"application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
    )

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        check_archive(path, limits)
        try:
            with open_archive(path) as archive:
                sections = _Reader(WordPackage(archive)).sections()
        except ZIP_DAMAGE as error:
            raise CorruptFile(cause=repr(error)) from error
        yield from checked(sections.pages(), limits)


class _Reader:
    def __init__(self, package: WordPackage) -> None:
        self._package = package
        self._sections = Sections()
        self._styles = Styles(package.part("styles"))
        self._marks = ListMarks(package.part("numbering"))
        self._notes = {kind: self._notes_of(kind) for kind in ("footnote", "endnote")}

    def sections(self) -> Sections:
        body = self._package.document.find(w("body"))
        if body is None:
            raise CorruptFile(cause="no body")
        self._margin_texts("headerReference")
        self._blocks(body)
        self._margin_texts("footerReference")
        return self._sections

    def _blocks(self, parent: etree._Element, depth: int = 0) -> None:
        if depth > _MAX_DEPTH:
            return
        for child in parent:
            if child.tag == w("p"):
                self._paragraph(child, depth)
            elif child.tag == w("tbl"):
                self._table(child, depth)
            elif child.tag == w("altChunk"):
                self._embedded_page(child)
            elif child.tag in WRAPPERS and not is_contents_control(child):
                self._blocks(child, depth + 1)

    def _paragraph(self, paragraph: etree._Element, depth: int) -> None:
        properties = paragraph.find(w("pPr"))
        if self._styles.is_contents(properties):
            return
        text = text_of(paragraph)
        if text.strip():
            self._add(text, self._styles.heading_level(properties), self._mark(properties))
        self._notes_below(paragraph)
        for box in text_boxes(paragraph):
            self._blocks(box, depth + 1)

    def _add(self, text: str, level: int, mark: Mark | None) -> None:
        if level:
            is_numbered = mark is not None and mark.text and not mark.is_bullet
            self._sections.heading(level, f"{mark.text} {text}" if mark and is_numbered else text)
        elif mark is not None and mark.text:
            self._sections.line(item_line(mark.text, mark.level, text))
        else:
            self._sections.paragraph(text)

    def _mark(self, properties: etree._Element | None) -> Mark | None:
        numbering = self._styles.numbering(properties)
        return self._marks.mark(numbering) if numbering is not None else None

    def _table(self, table: etree._Element, depth: int) -> None:
        rows = list(rows_of(table))
        if self._only_places_text(rows):
            for cell in (cell for row in rows for cell in row if cell is not None):
                self._blocks(cell, depth + 1)
            return
        lines = [["" if cell is None else self._cell_text(cell) for cell in row] for row in rows]
        for line in embedded_table_lines(lines):
            self._sections.line(line)
        self._notes_below(table)

    def _only_places_text(self, rows: list[list[etree._Element | None]]) -> bool:
        cells = [cell for row in rows for cell in row if cell is not None]
        return all(len(row) <= 1 for row in rows) or any(
            next(cell.iter(w("tbl")), None) is not None
            or sum(len(text.text or "") for text in cell.iter(w("t"))) > _MAX_CELL_CHARACTERS
            for cell in cells
        )

    def _cell_text(self, cell: etree._Element) -> str:
        lines = []
        for paragraph in cell.iter(w("p")):
            if next(paragraph.iterancestors(FALLBACK), None) is not None:
                continue
            mark = self._mark(paragraph.find(w("pPr")))
            text = text_of(paragraph)
            lines.append(f"{mark.text} {text}" if mark and mark.text and text.strip() else text)
        return "\n".join(lines)

    def _embedded_page(self, chunk: etree._Element) -> None:
        """HTML that another program has put into the file for Word to convert."""
        data = self._package.bytes_of(chunk.get(RELATION_ID, ""))
        if b"<" in data[:1_000] and not data.startswith(b"PK"):
            from documents.adapters.extractors.html import add_html  # noqa: PLC0415 (rare)

            try:
                add_html(data, self._sections)
            except NoText:
                return  # the document around it may hold text

    def _margin_texts(self, reference: str) -> None:
        """Headers and footers once each: they repeat on every page but are text like any."""
        seen: set[str] = set()
        for element in self._package.document.iter(w(reference)):
            part = self._package.part_of(element.get(RELATION_ID, ""))
            if part is None:
                continue
            paragraphs = (
                text_of(paragraph)
                for paragraph in part.iter(w("p"))
                if next(paragraph.iterancestors(FALLBACK), None) is None
            )
            text = "\n".join(line for line in paragraphs if line.strip()).strip()
            if text not in seen and not _PAGE_COUNT.fullmatch(text) and any(map(str.isalpha, text)):
                seen.add(text)
                self._sections.paragraph(text)

    def _notes_of(self, kind: str) -> dict[str, str]:
        root = self._package.part(f"{kind}s")
        notes = root.iter(w(kind)) if root is not None else ()
        return {
            note.get(w("id"), ""): "\n".join(text_of(p) for p in note.iter(w("p"))).strip()
            for note in notes
        }

    def _notes_below(self, element: etree._Element) -> None:
        for reference in element.iter(*_NOTE_REFERENCES):
            note = self._notes[_NOTE_REFERENCES[reference.tag]].get(reference.get(w("id"), ""))
            if note and next(reference.iterancestors(w("del")), None) is None:
                self._sections.line(f"({note})")
