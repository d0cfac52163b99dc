"""PPTX: a page per slide, with its tables, grouped shapes and speaker notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from lxml import etree
from pptx.exc import PackageNotFoundError
from pptx.package import Package

from documents.adapters.extractors.archives import ZIP_DAMAGE, check_archive
from documents.adapters.extractors.clean import clean_text, one_line
from documents.adapters.extractors.sections import checked
from documents.adapters.extractors.tables import bar_line
from documents.errors import CorruptFile, TooManyPages
from documents.ports import ExtractedPage, ExtractionLimits, Heading

_POINT = 12_700  # English Metric Units
_DAMAGE = (
    *ZIP_DAMAGE,
    PackageNotFoundError,
    etree.XMLSyntaxError,
    KeyError,
    AttributeError,
)


class SlidesExtractor:
    media_types = frozenset(
        {"application/vnd.openxmlformats-officedocument.presentationml.presentation"}
    )
    has_pages = True

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
    for number, slide in enumerate(presentation.slides, start=1):
        title_shape = slide.shapes.title
        title = one_line(title_shape.text_frame.text) if title_shape is not None else ""
        parts = [title] if title else []
        parts += _texts(shape for shape in slide.shapes if shape != title_shape)
        parts += _notes(slide)
        yield ExtractedPage(
            number=number,
            text="\n\n".join(parts),
            width=width,
            height=height,
            headings=(Heading(1, title, 0),) if title else (),
            label=title,
        )


def _texts(shapes: Iterable[Any]) -> list[str]:
    found: list[str] = []
    pending = list(shapes)
    while pending:
        shape = pending.pop(0)
        if hasattr(shape, "shapes"):
            pending[:0] = list(shape.shapes)  # a group: its members stand in its place
            continue
        text = clean_text(_shape_text(shape)).strip()
        if text:
            found.append(text)
    return found


def _shape_text(shape: Any) -> str:
    if getattr(shape, "has_table", False):
        rows = ([cell.text for cell in row.cells] for row in shape.table.rows)
        return "\n".join(bar_line(row) for row in rows)
    if getattr(shape, "has_chart", False):
        return _chart_text(shape.chart)
    return str(shape.text_frame.text) if shape.has_text_frame else ""


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
