"""HTML: what a reader sees, with its headings, list items and table rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from documents.adapters.extractors.encodings import decode
from documents.adapters.extractors.sections import Sections, checked, count
from documents.adapters.extractors.tables import bar_line
from documents.errors import NoText
from documents.ports import ExtractedPage, ExtractionLimits

# fmt: off
_DROPPED = frozenset({
    "script", "style", "noscript", "template", "nav", "head", "svg", "math", "iframe", "object",
    "button", "select",
})
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
    "dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header",
    "hr", "html", "legend", "li", "main", "ol", "p", "pre", "section", "summary", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})
# fmt: on
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_META_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


class HtmlExtractor:
    media_types = frozenset({"text/html"})
    has_pages = False

    def page_count(self, path: Path, limits: ExtractionLimits) -> int:
        return count(self.extract(path, limits))

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        sections = Sections()
        add_html(path.read_bytes(), sections)
        yield from checked(sections.pages(), limits)


def add_html(data: bytes, sections: Sections, *, charset: str = "") -> None:
    declared = _META_CHARSET.search(data[:4096])
    text = decode(data, charset or (declared[1].decode("ascii") if declared else ""))
    text = _XML_DECLARATION.sub("", text.replace("\0", ""), count=1)
    # "Huge" is about depth: without it everything is lost where tables nest too deeply.
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    root = etree.fromstring(text.encode("utf-8", "replace"), parser) if text.strip() else None
    if root is None:
        raise NoText
    walk = _Walk(sections)
    if root.find(".//h1") is None:
        walk.sections.heading(1, "".join(root.xpath("string(//head/title)")))
    walk.run(root)


class _Walk:
    """Collects inline text until a block begins or ends, then hands it on."""

    def __init__(self, sections: Sections) -> None:
        self.sections = sections
        self._inline: list[str] = []
        self._row: list[str] | None = None
        self._item = False
        self._preformatted = 0

    def run(self, root: etree._Element) -> None:
        # An iterator and not recursion: mail programs nest tables by the hundred.
        walker = etree.iterwalk(root, events=("start", "end"))
        for event, element in walker:
            if event == "start":
                if _is_hidden(element):
                    walker.skip_subtree()
                else:
                    self._start(element.tag, element.text)
            else:
                if not _is_hidden(element):
                    self._end(element.tag)
                self._text(element.tail)
        self._flush()

    def _text(self, text: str | None) -> None:
        if text:
            self._inline.append(text if self._preformatted else re.sub(r"\s+", " ", text))

    def _start(self, tag: str, text: str | None) -> None:
        if tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
        if tag == "tr":
            self._row = []
        elif tag == "li":
            self._item = True
        elif tag == "pre":
            self._preformatted += 1
        elif tag == "br":
            self._inline.append("\n")
        self._text(text)

    def _end(self, tag: str) -> None:
        if tag in _HEADINGS:
            self.sections.heading(_HEADINGS[tag], "".join(self._inline))
            self._inline.clear()
        elif tag in ("td", "th") and self._row is not None:
            self._row.append("".join(self._inline))
            self._inline.clear()
        elif tag == "tr" and self._row is not None:
            self.sections.line(bar_line(self._row))
            self._row = None
        elif tag in _BLOCKS:
            self._flush()
        if tag == "pre":
            self._preformatted -= 1

    def _flush(self) -> None:
        text = "".join(self._inline)
        if self._row is not None and text.strip():
            self._inline = [f"{text.strip()} "]  # blocks inside a cell stay in the cell
            return
        self._inline.clear()
        if not self._preformatted:
            text = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
        if self._item and text:
            self.sections.line(f"- {text}")
            self._item = False
        else:
            self.sections.paragraph(text)


def _is_hidden(element: etree._Element) -> bool:
    style = re.sub(r"\s", "", element.get("style") or "").lower()
    return element.tag in _DROPPED or "hidden" in element.attrib or "display:none" in style
