"""Pages for formats that have none: one per top section, cut where it grows too long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from documents.adapters.extractors.clean import clean_text, one_line
from documents.errors import NoText, TooManyPages
from documents.ports import ExtractedPage, ExtractionLimits, Heading

PAGE_CHARACTERS = 20_000
# Beyond this a "heading" is a paragraph that somebody wanted in large letters.
_TITLE_CHARACTERS = 200
_CUTS = ("\n\n", "\n", ". ", " ")


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    gap: str  # what stands between this piece and the one before on the same page
    level: int = 0  # 0: not a heading
    title: str = ""


class Sections:
    """Collects headings, paragraphs and lines in reading order and deals them into pages."""

    def __init__(self, *, label: str = "") -> None:
        self._pieces: list[_Piece] = []
        self._label = label

    def heading(self, level: int, title: str, *, source: str = "") -> None:
        """`source` is how the heading stands in the text where that is not the bare title."""
        title = one_line(title)
        if len(title) > _TITLE_CHARACTERS:
            self.paragraph(source or title)
        elif title:
            self._pieces.append(_Piece(source or title, "\n\n", max(level, 1), title))

    def paragraph(self, text: str) -> None:
        self._add(text, "\n\n")

    def line(self, text: str) -> None:
        self._add(text, "\n")

    def _add(self, text: str, gap: str) -> None:
        text = clean_text(text).strip("\n")
        for part in _cut(text) if text.strip() else ():
            self._pieces.append(_Piece(part, gap))

    def pages(self, first: int = 1) -> Iterator[ExtractedPage]:
        levels = sorted({piece.level for piece in self._pieces if piece.level})
        # The two topmost that the text uses: some begin at level 3, some leave out level 2.
        openers = frozenset(levels[:2])
        page = _Draft(first, self._label)
        for piece in self._pieces:
            starts_section = piece.level in openers and page.has_body
            if starts_section or page.would_overflow(piece):
                yield page.finished()
                page = page.next()
            page.add(piece, names_page=piece.level in openers and not self._label)
        if page.has_text:
            yield page.finished()


class _Draft:
    def __init__(self, number: int, label: str) -> None:
        self.number = number
        self.label = label
        self.has_body = False
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []

    @property
    def has_text(self) -> bool:
        return bool(self._parts)

    def would_overflow(self, piece: _Piece) -> bool:
        return self.has_text and self._length + len(piece.text) + 2 > PAGE_CHARACTERS

    def add(self, piece: _Piece, *, names_page: bool) -> None:
        gap = piece.gap if self._parts else ""
        start = self._length + len(gap)
        self._parts += (gap, piece.text)
        self._length = start + len(piece.text)
        if piece.level:
            self._headings.append(Heading(piece.level, piece.title, start))
            # A title with its first chapter right below stays the name of their common page.
            if names_page and (not self.has_body and len(self._headings) == 1):
                self.label = piece.title
        else:
            self.has_body = True

    def next(self) -> _Draft:
        return _Draft(self.number + 1, self.label)

    def finished(self) -> ExtractedPage:
        return ExtractedPage(
            number=self.number,
            text="".join(self._parts),
            headings=tuple(self._headings),
            label=self.label,
        )


def _cut(text: str) -> Iterator[str]:
    """A text in parts of at most a page, cut at the best end in the last half of each."""
    start = 0
    while len(text) - start > PAGE_CHARACTERS:
        end = _end_of_part(text, start)
        yield text[start:end].strip("\n")
        start = end
        while text.startswith("\n", start):
            start += 1
    if start < len(text):
        yield text[start:]


def _end_of_part(text: str, start: int) -> int:
    half, full = start + PAGE_CHARACTERS // 2, start + PAGE_CHARACTERS
    for mark in _CUTS:
        at = text.rfind(mark, half, full)
        if at >= 0:
            return at + len(mark)
    return full


def checked(pages: Iterator[ExtractedPage], limits: ExtractionLimits) -> Iterator[ExtractedPage]:
    """The same pages, refused where they are too many or where none of them holds text."""
    has_text = False
    for page in pages:
        if page.number > limits.max_pages:
            raise TooManyPages(limit=limits.max_pages)
        has_text = has_text or bool(page.text.strip())
        yield page
    if not has_text:
        raise NoText
