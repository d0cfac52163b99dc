"""What a DOCX paragraph is by its own properties, its style, and what that is based on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from documents.adapters.extractors.word_package import val, w

# Word itself writes the English names; other programs those of their language.
_HEADING = re.compile(
    r"(?:heading|titre|überschrift|título|titolo|titulo|kop|rubrik|overskrift|nagłówek|заголовок"
    r"|otsikko|nadpis|başlık)\s*(\d)",
    re.IGNORECASE,
)
_TITLES = frozenset({"title", "titre", "titel", "título", "titolo", "titulo", "название"})
_CONTENTS = re.compile(r"toc (?:\d|heading)|table of figures|index \d|index heading", re.I)
_MAX_LEVEL = 6
_BODY_OUTLINE = 9
_MAX_ANCESTORS = 20  # a damaged style may be based on itself


@dataclass(frozen=True, slots=True)
class Numbering:
    number: str  # w:numId; "0" takes a paragraph out of the list of its style
    level: int | None  # None: the style does not say
    style: str = ""  # that says so, "" for the paragraph itself


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    base: str
    properties: etree._Element | None


@dataclass(slots=True)
class Styles:
    root: etree._Element | None
    _styles: dict[str, _Style] = field(default_factory=dict)
    _default: str = ""

    def __post_init__(self) -> None:
        for style in self.root.iter(w("style")) if self.root is not None else ():
            if style.get(w("type"), "paragraph") != "paragraph":
                continue
            style_id = style.get(w("styleId"), "")
            self._styles[style_id] = _Style(
                name=val(style.find(w("name"))),
                base=val(style.find(w("basedOn"))),
                properties=style.find(w("pPr")),
            )
            if style.get(w("default")) in ("1", "true", "on"):
                self._default = style_id

    def is_contents(self, properties: etree._Element | None) -> bool:
        """A line of the table of contents: it only repeats a heading."""
        style = self._styles.get(self._own(properties))
        return style is not None and bool(_CONTENTS.match(style.name))

    def heading_level(self, properties: etree._Element | None) -> int:
        """1 to 6, 0 for body text: by the style's name, or an outline level set anywhere."""
        for _, element, name in self._with_ancestors(properties):
            named = _HEADING.fullmatch(name.strip())
            if named and named[1] != "0":
                return min(int(named[1]), _MAX_LEVEL)
            if name.strip().casefold() in _TITLES:
                return 1
            outline = val(element.find(w("outlineLvl"))) if element is not None else ""
            if outline.isdigit():
                level = int(outline)
                return min(level + 1, _MAX_LEVEL) if level < _BODY_OUTLINE else 0
        return 0

    def numbering(self, properties: etree._Element | None) -> Numbering | None:
        level: int | None = None
        for style, element, _ in self._with_ancestors(properties):
            found = element.find(w("numPr")) if element is not None else None
            if found is None:
                continue
            said = val(found.find(w("ilvl")))
            level = int(said) if level is None and said.isdigit() else level
            number = val(found.find(w("numId")))
            if number:
                return Numbering(number, level, style) if number != "0" else None
        return None

    def _own(self, properties: etree._Element | None) -> str:
        style = None if properties is None else properties.find(w("pStyle"))
        return val(style) or self._default

    def _with_ancestors(
        self, properties: etree._Element | None
    ) -> Iterator[tuple[str, etree._Element | None, str]]:
        yield "", properties, ""
        style_id = self._own(properties)
        for _ in range(_MAX_ANCESTORS):
            style = self._styles.get(style_id)
            if style is None:
                return
            yield style_id, style.properties, style.name
            style_id = style.base
