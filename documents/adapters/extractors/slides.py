"""PPTX: a page per slide, with its tables, grouped shapes and speaker notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lxml import etree
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.exc import InvalidXmlError, PackageNotFoundError
from pptx.package import Package

from documents.adapters.extractors.archives import ZIP_DAMAGE, check_archive
from documents.adapters.extractors.clean import clean_text, one_line
from documents.adapters.extractors.sections import checked
from documents.adapters.extractors.tables import bar_line, embedded_table_lines
from documents.errors import CorruptFile, TooManyPages
from documents.ports import ExtractedPage, ExtractionLimits, Heading

_POINT = 12_700  # English Metric Units
_COUNTED = frozenset({PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE})
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_DIAGRAM_DATA = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"
_DAMAGE = (
    *ZIP_DAMAGE,
    PackageNotFoundError,
    InvalidXmlError,
    etree.XMLSyntaxError,
    KeyError,
    AttributeError,
)


class SlidesExtractor:
    media_types = frozenset(
        {"application/vnd.openxmlformats-officedocument.presentationml.presentation"}
    )

    def page_count(self, path: Path, limits: ExtractionLimits) -> int:
        return len(_open(path, limits).slides)

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        presentation = _open(path, limits)
        try:
            yield from checked(_pages(presentation), limits)
        except _DAMAGE as error:
            raise CorruptFile(cause=repr(error)) from error


def _open(path: Path, limits: ExtractionLimits) -> Any:
    check_archive(path, limits)
    try:
        # Not pptx.Presentation(), which refuses templates and slide shows.
        presentation = Package.open(str(path)).main_document_part.presentation
        length = len(presentation.slides)
    except _DAMAGE as error:
        raise CorruptFile(cause=repr(error)) from error
    if length > limits.max_pages:
        raise TooManyPages(limit=limits.max_pages)
    return presentation


def _pages(presentation: Any) -> Iterator[ExtractedPage]:
    width = (presentation.slide_width or 0) / _POINT or None
    height = (presentation.slide_height or 0) / _POINT or None
    footers: set[str] = set()
    for number, slide in enumerate(presentation.slides, start=1):
        title_shape = slide.shapes.title
        title = one_line(title_shape.text_frame.text) if title_shape is not None else ""
        parts = [title] if title else []
        parts += _texts((shape for shape in slide.shapes if shape != title_shape), footers)
        parts += _texts_for_newer_programs(slide)
        parts += _notes(slide)
        yield ExtractedPage(
            number=number,
            text="\n\n".join(parts),
            width=width,
            height=height,
            headings=(Heading(1, title, 0),) if title else (),
            label=title,
        )


def _texts(shapes: Iterable[Any], footers: set[str]) -> list[str]:
    """In the order of the file, in which PowerPoint reads a slide aloud."""
    found: list[str] = []
    pending = list(shapes)
    while pending:
        shape = pending.pop(0)
        if hasattr(shape, "shapes"):
            pending[:0] = list(shape.shapes)  # a group: its members stand in its place
            continue
        text = clean_text(_shape_text(shape)).strip()
        if not text or _is_repeated(shape, text, footers):
            continue
        found.append(text)
    return found


def _is_repeated(shape: Any, text: str, footers: set[str]) -> bool:
    """A slide's number or date, or a footer that an earlier slide has shown."""
    kind = shape.placeholder_format.type if shape.is_placeholder else None
    if kind in _COUNTED:
        return True
    if kind != PP_PLACEHOLDER.FOOTER:
        return False
    is_known = text in footers
    footers.add(text)
    return is_known


def _shape_text(shape: Any) -> str:
    if getattr(shape, "has_table", False):
        rows = [
            ["" if cell.is_spanned else cell.text for cell in row.cells] for row in shape.table.rows
        ]
        return "\n".join(embedded_table_lines(rows))
    if getattr(shape, "has_chart", False):
        return _chart_text(shape.chart)
    if shape.has_text_frame:
        return str(shape.text_frame.text)
    return _diagram_text(shape)


def _diagram_text(shape: Any) -> str:
    """Of a SmartArt, whose texts are in a part of their own."""
    relation = next(shape.element.iter(_DIAGRAM), None)
    if relation is None:
        return ""
    data = shape.part.rels.get(relation.get(_DIAGRAM_DATA))
    if data is None or data.is_external:
        return ""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return _paragraphs_below(etree.fromstring(data.target_part.blob, parser))


def _texts_for_newer_programs(slide: Any) -> list[str]:
    """Shapes with an alternative for older programs, which python-pptx passes over."""
    choices = slide.shapes.element.iter(f"{_MC}Choice")
    texts = (clean_text(_paragraphs_below(choice)).strip() for choice in choices)
    return [text for text in texts if text]


def _paragraphs_below(element: etree._Element) -> str:
    lines = ("".join(p.itertext(f"{_A}t")).strip() for p in element.iter(f"{_A}p"))
    return "\n".join(line for line in lines if line)


def _chart_text(chart: Any) -> str:
    title = chart.chart_title.text_frame.text if chart.has_title else ""
    rows = [[title]]
    try:
        plots = list(chart.plots)
    except ValueError:  # a kind of chart that python-pptx does not know
        plots = []
    for plot in plots:
        rows.append(["", *(str(category) for category in plot.categories)])
        for series in plot.series:
            values = ("" if value is None else f"{value:g}" for value in series.values)
            rows.append([series.name, *values])
    return "\n".join(bar_line(row) for row in rows)


def _notes(slide: Any) -> list[str]:
    if not slide.has_notes_slide:
        return []
    frame = slide.notes_slide.notes_text_frame
    text = clean_text(frame.text).strip() if frame is not None else ""
    return [text] if text else []
