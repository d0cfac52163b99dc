"""The marks of a DOCX's lists and numbered headings, which Word counts and nobody writes out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from documents.adapters.extractors.listing import BULLET, Counters, numeral
from documents.adapters.extractors.word_package import val, w
from documents.adapters.extractors.word_styles import Numbering

_PLACE = re.compile(r"%([1-9])")


@dataclass(frozen=True, slots=True)
class _Level:
    kind: str
    text: str  # "%1.%2)": the numbers of the first and the second level
    start: int
    style: str
    all_digits: bool


@dataclass(frozen=True, slots=True)
class Mark:
    text: str  # "" where the list shows none
    level: int

    @property
    def is_bullet(self) -> bool:
        return self.text == BULLET


class ListMarks:
    """Ask for each numbered paragraph once, in the document's order."""

    def __init__(self, root: etree._Element | None) -> None:
        self._abstract: dict[str, dict[int, _Level]] = {}
        self._abstract_of: dict[str, str] = {}
        self._starts: dict[str, dict[int, int]] = {}
        self._counters: dict[str, Counters] = {}
        self._restarted: set[tuple[str, int]] = set()
        if root is not None:
            self._read(root)

    def mark(self, numbering: Numbering) -> Mark:
        abstract = self._abstract_of.get(numbering.number, "")
        levels = self._abstract.get(abstract, {})
        level = min(self._level(numbering, levels), 8)
        how = levels.get(level)
        if how is None or how.kind == "bullet":
            return Mark(BULLET, level)
        values = self._counted(numbering.number, abstract, level, how)
        if how.kind == "none":
            return Mark("", level)

        def filled_in(place: re.Match[str]) -> str:
            at = int(place[1]) - 1
            shown = levels.get(at, how)
            number = values[at] if at < len(values) and values[at] is not None else shown.start
            return numeral(number or 0, "decimal" if how.all_digits else shown.kind)

        return Mark(_PLACE.sub(filled_in, how.text).strip(), level)

    def _level(self, numbering: Numbering, levels: dict[int, _Level]) -> int:
        """A style's level may be said by the list only."""
        if numbering.style:
            linked = (at for at, one in levels.items() if one.style == numbering.style)
            found = next(linked, None)
            if found is not None and numbering.level is None:
                return found
        return numbering.level or 0

    def _counted(self, number: str, abstract: str, level: int, how: _Level) -> list[int | None]:
        """All lists of one abstract list count on together, but where one says that it restarts."""
        counters = self._counters.setdefault(abstract, Counters())
        start = self._starts.get(number, {}).get(level)
        if start is not None and (number, level) not in self._restarted:
            self._restarted.add((number, level))
            counters.restart(level)
        return list(counters.next_at(level, how.start if start is None else start))

    def _read(self, root: etree._Element) -> None:
        linked: dict[str, str] = {}  # the name of a list style, by the abstract list that has it
        borrowed: dict[str, str] = {}
        for abstract in root.iter(w("abstractNum")):
            key = abstract.get(w("abstractNumId"), "")
            self._abstract[key] = dict(map(_level, abstract.iterchildren(w("lvl"))))
            linked[val(abstract.find(w("styleLink")))] = key
            if abstract.find(w("numStyleLink")) is not None:
                borrowed[key] = val(abstract.find(w("numStyleLink")))
        for number in root.iter(w("num")):
            key = val(number.find(w("abstractNumId")))
            key = linked.get(borrowed[key], key) if key in borrowed else key
            number_id = number.get(w("numId"), "")
            self._abstract_of[number_id] = key
            for override in number.iterchildren(w("lvlOverride")):
                start, level = val(override.find(w("startOverride"))), override.get(w("ilvl"), "")
                if start.isdigit() and level.isdigit():
                    self._starts.setdefault(number_id, {})[int(level)] = int(start)


def _level(element: etree._Element) -> tuple[int, _Level]:
    start, at = val(element.find(w("start"))), element.get(w("ilvl"), "0")
    legal = element.find(w("isLgl"))
    return int(at) if at.isdigit() else 0, _Level(
        kind=val(element.find(w("numFmt"))) or "decimal",
        text=val(element.find(w("lvlText"))),
        start=int(start) if start.isdigit() else 1,
        style=val(element.find(w("pStyle"))),
        all_digits=legal is not None and val(legal) not in ("0", "false"),
    )
