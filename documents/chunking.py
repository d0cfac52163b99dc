"""Pages into passages: per page and heading section, with exact spans and the heading path."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from documents.ports import ChunkSpan, ExtractedPage, Heading

if TYPE_CHECKING:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

# Best place to cut first: paragraph, line (a table's row, a list's item), sentence, clause, word.
_SEPARATORS = [r"\n{2,}", r"\n", r"(?<=[.!?…。！？])\s+", r"(?<=[;:])\s+", r"(?<=,)\s+", r"\s+", ""]
# Where an overlap may begin, best first.
_BEGINNINGS = (re.compile(r"\n\s*"), re.compile(r"(?<=[.!?…])\s+"), re.compile(r"\s+"))


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    size: int = 1_000  # characters, overlap included
    overlap: int = 100


def chunk_pages(pages: Iterable[ExtractedPage], settings: ChunkSettings) -> Iterator[ChunkSpan]:
    """The pages of one document, in order: a heading holds until the next one, on any page."""
    path: tuple[Heading, ...] = ()
    for page in pages:
        yield from _chunks(page, settings, path)
        path = _path_after(path, page.headings)


def chunk_page(page: ExtractedPage, settings: ChunkSettings) -> list[ChunkSpan]:
    return list(_chunks(page, settings, ()))


@dataclass(frozen=True, slots=True)
class _Section:
    start: int
    end: int
    path: tuple[Heading, ...]

    def body_start(self, page: ExtractedPage) -> int:
        """Where the text below the section's headings begins. They are in the path, and a long
        section would leave them alone in a chunk; a section of nothing else is its own body."""
        start = self.start
        for heading in sorted(page.headings, key=lambda heading: heading.start):
            if not start <= heading.start < self.end or page.text[start : heading.start].strip():
                continue
            line_end = page.text.find("\n", heading.start, self.end)
            if line_end >= 0 and page.text[line_end : self.end].strip():
                start = line_end + 1
        return start


def _chunks(
    page: ExtractedPage, settings: ChunkSettings, carried: tuple[Heading, ...]
) -> Iterator[ChunkSpan]:
    for section in _sections(page, carried):
        names = tuple(heading.text for heading in section.path)
        for start, end in _spans(page, section, settings):
            yield ChunkSpan(page.number, start, end, names, page.text[start:end])


def _path_after(path: tuple[Heading, ...], headings: Iterable[Heading]) -> tuple[Heading, ...]:
    for heading in headings:
        path = (*(above for above in path if above.level < heading.level), heading)
    return path


def _sections(page: ExtractedPage, path: tuple[Heading, ...]) -> Iterator[_Section]:
    """A heading with nothing below it but deeper headings begins their first section."""
    start = 0
    headings = sorted(page.headings, key=lambda heading: heading.start)
    for heading in headings:
        if not _is_bare(page.text[start : heading.start], path, heading):
            yield _Section(start, heading.start, path)
            start = heading.start
        path = _path_after(path, (heading,))
    yield _Section(start, len(page.text), path)


def _is_bare(text: str, path: tuple[Heading, ...], following: Heading) -> bool:
    """True where `text` is blank, or is only the title that `following` stands under."""
    if not text.strip():
        return True
    above = path[-1] if path else None
    bare = text.strip().strip("#=- \t\n")
    return above is not None and above.level < following.level and bare == above.text


def _spans(
    page: ExtractedPage, section: _Section, settings: ChunkSettings
) -> Iterator[tuple[int, int]]:
    text = page.text
    start, end = _stripped(text, section.body_start(page), section.end)
    if end - start <= settings.size:
        if start < end:
            yield start, end
        return
    at = start
    for part in _parts(text[start:end], settings.size - settings.overlap):
        first, last = _stripped(text, at, at + len(part))
        if first < last:
            yield _reach_back(text, first, not_before=start, by=settings.overlap), last
        at += len(part)


def _parts(text: str, size: int) -> Iterator[str]:
    """The splitter's parts lie end to end and hold every character, so that their places are
    known without searching. It leaves crumbs around what it had to cut: they are joined again."""
    joined = ""
    for part in _splitter(size).split_text(text):
        if joined and len(joined) + len(part) > size:
            yield joined
            joined = ""
        joined += part
    yield joined


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return end - len(part.lstrip()), start + len(part.rstrip())


def _reach_back(text: str, start: int, *, not_before: int, by: int) -> int:
    """The start of the overlap: after a line, sentence or word; never within a table's row."""
    earliest = max(not_before, start - by)
    if earliest == not_before:
        return earliest
    after_a_row = " | " in text[text.rfind("\n", 0, start - 1) + 1 : start]
    for beginning in _BEGINNINGS[:1] if after_a_row else _BEGINNINGS:
        found = beginning.search(text, earliest, start)
        if found and found.end() < start:
            return found.end()
    return start if after_a_row or text[start - 1].isspace() else earliest


@lru_cache(maxsize=4)
def _splitter(size: int) -> RecursiveCharacterTextSplitter:
    # A quarter of a second and 37 MB: only where a section is longer than a chunk.
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # noqa: PLC0415

    return RecursiveCharacterTextSplitter(
        separators=_SEPARATORS,
        is_separator_regex=True,
        keep_separator="end",
        strip_whitespace=False,
        chunk_size=size,
        chunk_overlap=0,
    )
