"""The marks of an ODT's lists, which its styles say and nobody writes out."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from documents.adapters.extractors.listing import BULLET, Counters, item_line, numeral
from documents.adapters.extractors.opendocument_names import STYLE, TEXT

_LIST, _ITEM = f"{TEXT}list", f"{TEXT}list-item"


@dataclass(frozen=True, slots=True)
class _Level:
    kind: str
    before: str
    after: str
    shown_levels: int
    start: int


@dataclass(slots=True)
class _List:
    """One list from its outermost element on."""

    style: str
    counters: Counters = field(default_factory=Counters)


class ListMarks:
    def __init__(self, *roots: etree._Element) -> None:
        self._styles: dict[str, dict[int, _Level]] = {}
        for root in roots:
            for style in root.iter(f"{TEXT}list-style"):
                self._styles[style.get(f"{STYLE}name", "")] = _numbered_levels(style)
        self._lists: dict[etree._Element, _List] = {}
        self._last: dict[str, _List] = {}

    def line_of(self, paragraph: etree._Element, text: str) -> str:
        """The line of a paragraph in a list, "" for one that is in none."""
        lists = list(paragraph.iterancestors(_LIST))
        if not lists:
            return ""
        level = len(lists) - 1
        item = paragraph.getparent()
        if item.tag != _ITEM or any(
            above.tag == paragraph.tag for above in paragraph.itersiblings(preceding=True)
        ):
            return item_line(" ", level, text)  # the item goes on: its mark stands above
        return item_line(self._mark(lists[-1], lists[0], level, item), level, text)

    def _mark(
        self, outermost: etree._Element, own: etree._Element, level: int, item: etree._Element
    ) -> str:
        one = self._lists.get(outermost)
        if one is None:
            one = self._lists[outermost] = self._begun(outermost)
        style = self._styles.get(own.get(f"{TEXT}style-name") or one.style, {})
        how = style.get(level)
        start = item.get(f"{TEXT}start-value", "")
        first = int(start) if start.isdigit() else how.start if how else 1
        values = one.counters.next_at(level, first)
        if how is None:
            return BULLET
        shown = range(max(level + 1 - how.shown_levels, 0), level + 1)
        numerals = [numeral(values[at] or 1, style[at].kind) for at in shown if at in style]
        return f"{how.before}{'.'.join(numerals)}{how.after}".strip() or BULLET

    def _begun(self, outermost: etree._Element) -> _List:
        """A list that says so goes on counting where the last one of its style has come to."""
        style = outermost.get(f"{TEXT}style-name", "")
        goes_on = (
            outermost.get(f"{TEXT}continue-numbering") == "true"
            or outermost.get(f"{TEXT}continue-list") is not None
        )
        last = self._last.get(style) if goes_on else None
        self._last[style] = last or _List(style)
        return self._last[style]


def _numbered_levels(style: etree._Element) -> dict[int, _Level]:
    found = {}
    for level in style.iter(f"{TEXT}list-level-style-number"):
        number, shown = level.get(f"{TEXT}level", ""), level.get(f"{TEXT}display-levels", "1")
        start = level.get(f"{TEXT}start-value", "1")
        kind = level.get(f"{STYLE}num-format", "")
        if number.isdigit() and kind:
            found[int(number) - 1] = _Level(
                kind=kind,
                before=level.get(f"{STYLE}num-prefix", ""),
                after=level.get(f"{STYLE}num-suffix", ""),
                shown_levels=int(shown) if shown.isdigit() else 1,
                start=int(start) if start.isdigit() else 1,
            )
    return found
