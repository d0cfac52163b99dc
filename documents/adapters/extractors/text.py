"""Plain text, Markdown and CSV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from documents.adapters.extractors.clean import clean_text
from documents.adapters.extractors.delimited import rows_of_csv
from documents.adapters.extractors.encodings import decode
from documents.adapters.extractors.sections import Sections, checked
from documents.adapters.extractors.tables import table_lines
from documents.ports import ExtractedPage, ExtractionLimits

# YAML between dashes, TOML between plus signs.
_FRONT_MATTER = re.compile(
    r"\s*^(?P<mark>---|\+\+\+)[ \t]*\n(?P<fields>.*?)^(?:(?P=mark)|\.\.\.)[ \t]*$\n?", re.M | re.S
)
_FRONT_TITLE = re.compile(
    r"""^title[ \t]*[:=][ \t]*(?P<quote>["']?)(?P<title>.+?)(?P=quote)[ \t]*$""", re.M | re.I
)
_COMMENT = re.compile(r"^<!--.*?-->[ \t]*\n?", re.M | re.S)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HASH_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#*)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*")
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")


class _TextExtractor:
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
        for line in table_lines(rows_of_csv(clean_text(text))):
            sections.line(line)


class MarkdownExtractor(_TextExtractor):
    """The text stays Markdown but for the headings, which are told apart from it."""

    media_types = frozenset({"text/markdown"})

    def _fill(self, sections: Sections, text: str) -> None:
        text = clean_text(text)
        title, text = _without_front_matter(text)
        blocks = list(_markdown_blocks(_COMMENT.sub("", text).split("\n")))
        if title and not _is_headed(blocks, title):
            sections.heading(1, title)
        for heading, lines in blocks:
            if heading:
                level, title_text, _source = heading
                sections.heading(level, _MARKUP.sub(r"\1", title_text))
            sections.paragraph("\n".join(lines))


_MarkdownHeading = tuple[int, str, str]
_Block = tuple[_MarkdownHeading | None, list[str]]


def _without_front_matter(text: str) -> tuple[str, str]:
    """The title that it says, "" without one, and the text below it."""
    front = _FRONT_MATTER.match(text)
    if not front:
        return "", text
    title = _FRONT_TITLE.search(front["fields"])
    return title["title"] if title else "", text[front.end() :]


def _is_headed(blocks: list[_Block], title: str) -> bool:
    """Whether the text names itself: in its only heading of the first level, or in these words."""
    tops = [heading[1].strip().casefold() for heading, _ in blocks if heading and heading[0] == 1]
    return len(tops) == 1 or title.strip().casefold() in tops


def _markdown_blocks(lines: list[str]) -> Iterator[_Block]:
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
