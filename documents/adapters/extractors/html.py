"""HTML: what a reader sees of the main text, with its headings, list items and table rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from documents.adapters.extractors.encodings import decode
from documents.adapters.extractors.html_main import is_hidden, without_frame
from documents.adapters.extractors.html_tables import is_data_table, rows_of
from documents.adapters.extractors.listing import BULLET, item_line, numeral
from documents.adapters.extractors.sections import Sections, checked
from documents.adapters.extractors.tables import embedded_table_lines
from documents.errors import NoText
from documents.ports import ExtractedPage, ExtractionLimits

# fmt: off
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
    "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header",
    "hr", "html", "legend", "li", "main", "ol", "p", "pre", "section", "summary", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})
# fmt: on
_LISTS = frozenset({"ol", "ul", "menu"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_META_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"""\s*<\?xml[^>]+encoding\s*=\s*["']([\w-]+)""")
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


class HtmlExtractor:
    media_types = frozenset({"text/html"})

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        sections = Sections()
        add_html(path.read_bytes(), sections)
        yield from checked(sections.pages(), limits)


def add_html(
    data: bytes, sections: Sections, *, charset: str = "", title: str = "", below: int = 0
) -> None:
    """The page's text. Its headings come `below` so many levels; one without an h1 is headed by
    `title`, or by its own. Raises NoText where there is no element at all."""
    root = _parsed(data, charset)
    heading = ""
    if root.find(".//h1") is None:
        heading = " ".join((title or "".join(root.xpath("string(//head/title)"))).split())
        sections.heading(below + 1, heading)
    walk = _Walk(sections, below, said=heading)
    for element in without_frame(root):
        walk.run(element)


def _parsed(data: bytes, charset: str) -> etree._Element:
    declared = _XML_CHARSET.match(data) or _META_CHARSET.search(data[:4096])
    text = decode(data, charset or (declared[1].decode("ascii") if declared else ""))
    text = _XML_DECLARATION.sub("", text.replace("\0", ""), count=1)
    # "Huge" is about depth: without it everything is lost where tables nest too deeply.
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    root = etree.fromstring(text.encode("utf-8", "replace"), parser) if text.strip() else None
    if root is None:
        raise NoText
    return root


class _Walk:
    """Collects inline text until a block begins or ends, then hands it on."""

    def __init__(self, sections: Sections, below: int, said: str) -> None:
        self.sections = sections
        self._below = below
        self._said = said  # a title that the first block may repeat
        self._inline: list[str] = []
        self._mark = ""
        self._lists: list[int | None] = []  # of each open list the next number; None: bullets
        self._preformatted = 0

    def run(self, root: etree._Element) -> None:
        # An iterator and not recursion: mail programs nest tables by the hundred.
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if event == "start":
                if is_hidden(element):
                    walker.skip_subtree()
                elif element.tag == "table" and is_data_table(element):
                    self._table(element)
                    walker.skip_subtree()
                else:
                    self._start(element)
            else:
                if not is_hidden(element):
                    self._end(element.tag)
                if element is not root:
                    self._text(element.tail)
        self._flush()

    def _text(self, text: str | None) -> None:
        if text:
            self._inline.append(text if self._preformatted else re.sub(r"\s+", " ", text))

    def _start(self, element: etree._Element) -> None:
        tag = element.tag
        if tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
        if tag in _LISTS:
            start = element.get("start", "1")
            is_numbered = tag == "ol" and "none" not in (element.get("style") or "")
            self._lists.append((_integer(start) or 1) if is_numbered else None)
        elif tag == "li":
            self._mark = self._next_mark(element)
        elif tag == "pre":
            self._preformatted += 1
        elif tag == "br":
            self._inline.append("\n")
        self._text(element.text)

    def _next_mark(self, item: etree._Element) -> str:
        number = self._lists[-1] if self._lists else None
        if number is None:
            return BULLET
        number = _integer(item.get("value", "")) or number
        self._lists[-1] = number + 1
        parent = item.getparent()
        return f"{numeral(number, parent.get('type', '1') if parent is not None else '1')}."

    def _end(self, tag: str) -> None:
        if tag in _HEADINGS:
            self.sections.heading(self._below + _HEADINGS[tag], "".join(self._inline))
            self._inline.clear()
            self._mark = ""
        elif tag in _BLOCKS:
            self._flush()
        if tag in _LISTS and self._lists:
            self._lists.pop()
        elif tag == "li":
            self._mark = ""
        elif tag == "pre":
            self._preformatted -= 1

    def _table(self, table: etree._Element) -> None:
        self._flush()
        for caption in table.iterchildren("caption"):
            self.sections.paragraph(" ".join("".join(caption.itertext()).split()))
        for line in embedded_table_lines(rows_of(table)):
            self.sections.line(line)

    def _flush(self) -> None:
        text = "".join(self._inline)
        self._inline.clear()
        if not self._preformatted:
            text = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
        said, self._said = self._said, "" if text.strip() else self._said
        if said and text.strip() == said:
            return
        if not self._mark:
            self.sections.paragraph(text)
        elif text.strip():
            self.sections.line(item_line(self._mark, len(self._lists) - 1, text))
            self._mark = ""


def _integer(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
