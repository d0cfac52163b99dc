"""Plain text, Markdown and CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from documents.adapters.extractors.clean import clean_text
from documents.adapters.extractors.encodings import decode
from documents.adapters.extractors.sections import Sections, checked, count
from documents.adapters.extractors.tables import table_lines
from documents.ports import ExtractedPage, ExtractionLimits

_FRONT_MATTER = re.compile(r"\s*^---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$\n?", re.M | re.S)
_FRONT_TITLE = re.compile(r"""^title:[ \t]*(["']?)(.+?)\1[ \t]*$""", re.M)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HASH_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#*)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")
_DELIMITERS = ";,\t|"


class _TextExtractor:
    has_pages = False

    def page_count(self, path: Path, limits: ExtractionLimits) -> int:
        return count(self.extract(path, limits))

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        sections = Sections()
        self._fill(sections, decode(path.read_bytes()))
        yield from checked(sections.pages(), limits)

    def _fill(self, sections: Sections, text: str) -> None:
        raise NotImplementedError


class PlainTextExtractor(_TextExtractor):
    media_types = frozenset({"text/plain"})

    def _fill(self, sections: Sections, text: str) -> None:
        sections.paragraph(text)


class CsvExtractor(_TextExtractor):
    media_types = frozenset({"text/csv"})

    def _fill(self, sections: Sections, text: str) -> None:
        csv.field_size_limit(10_000_000)
        text = clean_text(text)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        for line in table_lines(reader):
            sections.line(line)


def _delimiter(text: str) -> str:
    """The one that splits the first lines into the same number of cells, the more the better."""
    lines = [line for line in text[:20_000].split("\n")[:30] if line.strip()]

    def evenness(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0, usual)

    return max(_DELIMITERS, key=evenness)


class MarkdownExtractor(_TextExtractor):
    """The text stays Markdown but for the headings, which are told apart from it."""

    media_types = frozenset({"text/markdown"})

    def _fill(self, sections: Sections, text: str) -> None:
        text = clean_text(text)
        front = _FRONT_MATTER.match(text)
        if front:
            text = text[front.end() :]
            title = _FRONT_TITLE.search(front[1])
            if title and not re.search(r"^# ", text, re.M):
                sections.heading(1, title[2])
        for heading, lines in _markdown_blocks(text.split("\n")):
            if heading:
                level, title_text, _source = heading
                sections.heading(level, _MARKUP.sub(r"\1", title_text))
            sections.paragraph("\n".join(lines))


_MarkdownHeading = tuple[int, str, str]


def _markdown_blocks(
    lines: list[str],
) -> Iterator[tuple[_MarkdownHeading | None, list[str]]]:
    """Each heading with the lines below it; what stands above the first comes with None."""
    heading: _MarkdownHeading | None = None
    body: list[str] = []
    fence = ""
    for line in lines:
        fence = _fence_after(line, fence)
        found = None if fence else _heading_at(line, body)
        if not found:
            body.append(line)
            continue
        if "\n" in found[2]:
            body.pop()  # the title stands on the line above its underline
        yield heading, body
        heading, body = found, []
    yield heading, body


def _fence_after(line: str, fence: str) -> str:
    mark = _FENCE.match(line)
    if not mark:
        return fence
    if not fence:
        return mark[1]
    closes = mark[1].startswith(fence) and not line.strip().strip(fence[0])
    return "" if closes else fence


def _heading_at(line: str, above: list[str]) -> _MarkdownHeading | None:
    hashes = _HASH_HEADING.fullmatch(line)
    if hashes:
        return len(hashes[1]), hashes[2] or "", line.strip()
    underline = _UNDERLINE.fullmatch(line)
    stands_alone = len(above) < 2 or not above[-2].strip()
    if underline and above and stands_alone and re.match(r" {0,3}[^\s>|#-]", above[-1]):
        return 1 if "=" in underline[1] else 2, above[-1], f"{above[-1].strip()}\n{line.strip()}"
    return None
