"""DOCX: paragraphs, lists and tables in document order, headings by outline level.

python-docx opens the package; its object model leaves out content controls, text boxes and
notes, so the body is read from the XML itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.exceptions import PackageNotFoundError
from docx.opc.part import PartFactory
from docx.oxml.ns import qn
from docx.package import Package
from docx.parts.document import DocumentPart
from lxml import etree

from documents.adapters.extractors.archives import ZIP_DAMAGE, check_archive
from documents.adapters.extractors.sections import Sections, checked, count
from documents.adapters.extractors.tables import bar_line
from documents.errors import CorruptFile
from documents.ports import ExtractedPage, ExtractionLimits

_WITH_MACROS = "application/vnd.ms-word.{}.macroEnabled{}.main+xml"
for _content_type in (
    CONTENT_TYPE.WML_DOCUMENT_MAIN.replace(".document.", ".template."),
    _WITH_MACROS.format("document", ""),
    _WITH_MACROS.format("template", ""),
    _WITH_MACROS.format("template", "Template"),
):
    PartFactory.part_type_for[_content_type] = DocumentPart

_HEADING_NAME = re.compile(r"heading (\d)", re.IGNORECASE)
_CONTENTS_NAME = re.compile(r"toc \d|table of figures", re.IGNORECASE)
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SKIPPED = frozenset({qn("w:del"), qn("w:moveFrom"), qn("w:pPr"), qn("w:rPr"), _FALLBACK})
_TEXTS = frozenset({qn("w:t"), qn("m:t")})
_MARKS = {
    qn("w:tab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
}
_NOTE_REFERENCES = {qn("w:footnoteReference"): "footnote", qn("w:endnoteReference"): "endnote"}
_DAMAGE = (
    *ZIP_DAMAGE,
    PackageNotFoundError,
    etree.XMLSyntaxError,
    KeyError,
    AttributeError,
)


class WordExtractor:
    media_types = frozenset(
        {"application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
    )
    has_pages = False

    def page_count(self, path: Path, limits: ExtractionLimits) -> int:
        return count(self.extract(path, limits))

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        check_archive(path, limits)
        try:
            sections = _Reader(_opened(path)).sections()
        except _DAMAGE as error:
            raise CorruptFile(cause=repr(error)) from error
        yield from checked(sections.pages(), limits)


def _opened(path: Path) -> Any:
    """docx.Document() refuses templates and documents with macros, which hold the same text."""
    part = Package.open(str(path)).main_document_part
    if not isinstance(part, DocumentPart):
        raise CorruptFile(cause=f"main part {part.content_type}")
    return part.document


class _Reader:
    def __init__(self, document: Any) -> None:
        self._document = document
        self._sections = Sections()
        self._styles = {style.style_id: style for style in document.styles}
        self._notes = {kind: self._notes_of(kind) for kind in ("footnote", "endnote")}

    def sections(self) -> Sections:
        body = self._document.element.body
        self._margin_texts("headerReference")
        self._blocks(body)
        self._margin_texts("footerReference")
        return self._sections

    def _blocks(self, parent: etree._Element) -> None:
        for child in parent:
            if child.tag == qn("w:p"):
                self._paragraph(child)
            elif child.tag == qn("w:tbl"):
                for row in _rows(child):
                    self._sections.line(row)
                self._notes_below(child)
            elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml")):
                self._blocks(child)

    def _paragraph(self, paragraph: etree._Element) -> None:
        text = _text_of(paragraph)
        properties = paragraph.find(qn("w:pPr"))
        style = self._style_of(properties)
        name = style.name if style is not None else ""
        if not text.strip() or _CONTENTS_NAME.match(name or ""):
            return
        level = self._heading_level(properties, style)
        if level:
            self._sections.heading(level, text)
        elif self._in_list(properties, style):
            self._sections.line(f"- {text.strip()}")
        else:
            self._sections.paragraph(text)
        self._notes_below(paragraph)

    def _style_of(self, properties: etree._Element | None) -> Any:
        reference = None if properties is None else properties.find(qn("w:pStyle"))
        return None if reference is None else self._styles.get(reference.get(qn("w:val")))

    def _heading_level(self, properties: etree._Element | None, style: Any) -> int:
        """1 to 6, 0 for body text: by the style's name, or an outline level set anywhere."""
        for element, name in _with_ancestors(properties, style):
            named = _HEADING_NAME.match(name)
            if named or name == "Title":
                return min(int(named[1]), 6) if named else 1
            outline = None if element is None else element.find(qn("w:outlineLvl"))
            if outline is not None:
                level = int(outline.get(qn("w:val"), "9"))
                return level + 1 if level < 6 else 0
        return 0

    def _in_list(self, properties: etree._Element | None, style: Any) -> bool:
        for element, _ in _with_ancestors(properties, style):
            number = None if element is None else element.find(f"{qn('w:numPr')}/{qn('w:numId')}")
            if number is not None:
                return str(number.get(qn("w:val"))) != "0"
        return False

    def _margin_texts(self, reference: str) -> None:
        """Headers and footers once each: they repeat on every page but are text like any."""
        seen: set[str] = set()
        for element in self._document.element.body.iter(qn(f"w:{reference}")):
            part = self._document.part.rels[element.get(qn("r:id"))].target_part
            lines = [_text_of(p) for p in part.element.iter(qn("w:p"))]
            text = "\n".join(line for line in lines if line.strip())
            if text not in seen and any(map(str.isalpha, text)):  # not a bare page number
                seen.add(text)
                self._sections.paragraph(text)

    def _notes_of(self, kind: str) -> dict[str, str]:
        type_of_part = getattr(RELATIONSHIP_TYPE, f"{kind.upper()}S")
        for relation in self._document.part.rels.values():
            if relation.reltype == type_of_part:
                root = etree.fromstring(relation.target_part.blob, _parser())
                notes = root.iter(qn(f"w:{kind}"))
                return {note.get(qn("w:id"), ""): _text_of(note).strip() for note in notes}
        return {}

    def _notes_below(self, element: etree._Element) -> None:
        for reference in element.iter(*_NOTE_REFERENCES):
            note = self._notes[_NOTE_REFERENCES[reference.tag]].get(reference.get(qn("w:id"), ""))
            if note:
                self._sections.line(f"({note})")


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True)


def _with_ancestors(
    properties: etree._Element | None, style: Any
) -> Iterator[tuple[etree._Element | None, str]]:
    """The paragraph's own properties, then its style's, then those of what that is based on."""
    yield properties, ""
    for _ in range(20):  # a damaged file may be based on itself
        if style is None:
            return
        yield style.element.find(qn("w:pPr")), style.name or ""
        style = style.base_style


def _text_of(element: etree._Element) -> str:
    parts: list[str] = []
    walker = etree.iterwalk(element, events=("start",))
    for _, node in walker:
        if node.tag in _SKIPPED:
            walker.skip_subtree()
        elif node.tag in _TEXTS:
            parts.append(node.text or "")
        elif node.tag in _MARKS:
            parts.append(_MARKS[node.tag])
        elif node.tag == qn("w:p") and node is not element and parts:
            parts.append("\n")  # text boxes and notes hold paragraphs
    return "".join(parts)


def _rows(table: etree._Element) -> Iterator[str]:
    for row in table.iter(qn("w:tr")):
        if row.getparent() is not table and not _inside_control(row, table):
            continue  # a row of a table inside a cell: its text is in that cell
        cells = [cell for cell in row.iter(qn("w:tc")) if _closest_row(cell) is row]
        yield bar_line(["" if _is_covered(cell) else _text_of(cell) for cell in cells])


def _is_covered(cell: etree._Element) -> bool:
    """Merged into the cell above: Word keeps its old text but does not show it."""
    merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
    return merge is not None and merge.get(qn("w:val")) != "restart"


def _inside_control(row: etree._Element, table: etree._Element) -> bool:
    parent = row.getparent()
    while parent is not None and parent.tag in (qn("w:sdtContent"), qn("w:sdt")):
        parent = parent.getparent()
    return parent is table


def _closest_row(cell: etree._Element) -> etree._Element | None:
    return next(cell.iterancestors(qn("w:tr")), None)
