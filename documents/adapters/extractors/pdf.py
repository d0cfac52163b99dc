"""PDF by PDFium: text, size and turn of each page; bookmarks as headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium_c

from documents.adapters.extractors.clean import clean_text, one_line
from documents.adapters.extractors.hyphens import HyphenMender
from documents.adapters.extractors.pdf_layout import Layout, needs_a_look, seen
from documents.adapters.extractors.pdf_order import reordered
from documents.adapters.extractors.pdf_repair import repaired
from documents.adapters.extractors.pdf_rules import rules_of
from documents.adapters.extractors.pdf_scans import is_scan
from documents.adapters.extractors.pdf_words import Words, pack_words, words_of
from documents.errors import (
    CorruptFile,
    EncryptedFile,
    FileRefused,
    RepairedFile,
    TooManyPages,
)
from documents.ports import ExtractedPage, ExtractionLimits, Heading

_WRONG_PASSWORD = 4
_UNKNOWN_SECURITY = 5
_MAX_BOOKMARKS = 5_000
# A longer one is a sentence, and would not do after “p.”.
_LABEL_CHARACTERS = 12
_EMPTY_LABEL_BYTES = 2
# So much of a file is read before it is opened anew, but for so many pages at least.
_OPEN_BYTES = 16_000_000
_FEWEST_PAGES = 10


class PdfExtractor:
    media_types = frozenset({"application/pdf"})

    def __init__(self) -> None:
        # What curators should know of a file that was read all the same.
        self.remarks: list[FileRefused] = []
        self._repaired: bytes | None = None

    def page_count(self, path: Path, limits: ExtractionLimits) -> int:
        with closing(self._open(path)) as document:
            return _checked_length(document, limits)

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        """Pages without text too, all of them perhaps: OCR may still read them."""
        with closing(self._open(path)) as document:
            count = _checked_length(document, limits)
            bookmarks = _bookmarks(document)
        mender = HyphenMender()
        # PDFium keeps what it has read of a file: so it is opened again and again.
        step = max(_FEWEST_PAGES, _OPEN_BYTES * count // max(path.stat().st_size, 1))
        for first in range(0, count, step):
            with closing(self._open(path)) as document:
                for index in range(first, min(first + step, count)):
                    yield _numbered_page(document, index, mender, bookmarks.get(index, []))

    def _open(self, path: Path) -> pypdfium2.PdfDocument:
        if self._repaired is not None:
            return _opened(self._repaired)
        try:
            return _opened(path)
        except CorruptFile:
            self._repaired = repaired(path)
            document = _opened(self._repaired)
            self.remarks = [RepairedFile()]
            return document


def _opened(content: Path | bytes) -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (_WRONG_PASSWORD, _UNKNOWN_SECURITY):
            raise EncryptedFile(cause=str(error)) from error
        raise CorruptFile(cause=str(error)) from error
    if len(document) == 0:
        document.close()
        raise CorruptFile(cause="no pages")
    return document


def _checked_length(document: pypdfium2.PdfDocument, limits: ExtractionLimits) -> int:
    length = len(document)
    if length > limits.max_pages:
        raise TooManyPages(limit=limits.max_pages)
    return length


def _numbered_page(
    document: pypdfium2.PdfDocument,
    index: int,
    mender: HyphenMender,
    bookmarks: list[tuple[int, str]],
) -> ExtractedPage:
    label = _label(document, index)
    try:
        with closing(document[index]) as page:
            return replace(_page(page, index, mender, bookmarks), label=label)
    except pypdfium2.PdfiumError:
        # One broken page must not cost the others; their numbers stay right.
        return ExtractedPage(number=index + 1, text="", label=label)


def _page(
    page: pypdfium2.PdfPage, index: int, mender: HyphenMender, bookmarks: list[tuple[int, str]]
) -> ExtractedPage:
    width, height = page.get_size()
    rotation = page.get_rotation()
    if rotation in (90, 270):  # PDFium gives the size as shown
        width, height = height, width
    with closing(page.get_textpage()) as textpage:
        raw = textpage.get_text_range()
        words = words_of(textpage, raw)
    written, order = _as_read(page, raw, words)
    text = clean_text(mender.mend(written)).strip("\n")
    left, bottom, _right, _top = page.get_bbox()
    return ExtractedPage(
        number=index + 1,
        text=text,
        width=width,
        height=height,
        rotation=rotation,
        headings=_headings(text, bookmarks),
        words=pack_words(words, order, raw, text, (left, bottom)),
        is_scan=is_scan(page, text),
    )


def _as_read(page: pypdfium2.PdfPage, raw: str, words: Words) -> tuple[str, Sequence[int]]:
    """The text in the order in which it is read, and the order of its words."""
    if words:
        boxes = seen(words)
        if needs_a_look(raw, words, boxes):
            layout = Layout(raw, words, boxes)
            found = reordered(layout, lambda: rules_of(page, words.turn))
            if found is not None:
                return found
    return raw.replace("\r\n", "\n"), range(len(words))


def _label(document: pypdfium2.PdfDocument, index: int) -> str:
    """What the file itself calls the page (“iv”); "" where that is its number, or no number."""
    if pdfium_c.FPDF_GetPageLabel(document, index, None, 0) <= _EMPTY_LABEL_BYTES:
        return ""
    label = one_line(document.get_page_label(index))
    if label == str(index + 1) or len(label) > _LABEL_CHARACTERS:
        return ""
    return label


def _bookmarks(document: pypdfium2.PdfDocument) -> dict[int, list[tuple[int, str]]]:
    """(level, title) of the outline's entries by page index."""
    by_page: dict[int, list[tuple[int, str]]] = {}
    try:
        for entry in islice(document.get_toc(), _MAX_BOOKMARKS):
            destination = entry.get_dest()
            index = destination.get_index() if destination else None
            title = one_line(entry.get_title() or "")
            if index is not None and title:
                by_page.setdefault(index, []).append((entry.level + 1, title))
    except pypdfium2.PdfiumError:
        return {}  # a broken outline is no reason to refuse the text
    return by_page


def _headings(text: str, bookmarks: list[tuple[int, str]]) -> tuple[Heading, ...]:
    """The bookmarks whose title stands in the text, at the place where it does."""
    found: list[Heading] = []
    after = 0
    for level, title in bookmarks:
        pattern = re.compile(r"\s+".join(re.escape(word) for word in title.split()), re.IGNORECASE)
        starts = [match.start() for match in islice(pattern.finditer(text, after), 20)]
        on_own_line = (start for start in starts if start == 0 or text[start - 1] == "\n")
        start = next(on_own_line, starts[0] if starts else None)
        if start is not None:
            found.append(Heading(level, title, start))
            after = start + 1
    return tuple(found)
