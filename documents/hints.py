"""Hints: words that a curator adds to pages, for the search alone.

    page 3: salary grid; pages 1-4: everything about leave; all pages: teachers
    page 3 : grille ; pages 1 à 4 : congés ; toutes les pages : enseignants

Entries are told apart by semicolons or lines. They are put before the text of those pages'
passages where it is indexed, and stand nowhere else: what is shown and quoted is the document's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from common.errors import InvalidInput

_ENTRY_ENDS = re.compile(r"[;\n]")
_ALL = re.compile(r"(?:all|toutes\s+les)(?:\s+(?:pages|sections))?|toutes|every\s+page", re.I)
_PAGES = re.compile(r"(?:pages?|pp?\.|sections?|§)\s*(?P<numbers>\S.*)", re.I)
_BETWEEN = re.compile(r"\s*(?:,|&|\band\b|\bet\b)\s*", re.I)
_RANGE = re.compile(r"(\d{1,6})(?:\s*(?:-|–|—|\bto\b|à)\s*(\d{1,6}))?", re.I)


@dataclass(frozen=True, slots=True)
class Hint:
    """Words for the pages of one or more ranges, both ends included; without any, for all."""

    text: str
    ranges: tuple[tuple[int, int], ...] = ()

    def is_for(self, page: int) -> bool:
        return not self.ranges or any(first <= page <= last for first, last in self.ranges)


@dataclass(frozen=True, slots=True)
class Hints:
    entries: Sequence[Hint] = ()

    def for_page(self, page: int) -> str:
        return "\n".join(hint.text for hint in self.entries if hint.is_for(page))

    @property
    def text(self) -> str:
        """Each of them once: what the whole file is found by."""
        return "\n".join(hint.text for hint in self.entries)


def parse_hints(text: str, *, last_page: int = 0) -> Hints:
    """What a curator wrote. Raises InvalidInput, whose reason names the entry that is wrong.

    `last_page` of the document, where it is known: a hint beyond it would help nobody.
    """
    entries = (" ".join(entry.split()) for entry in _ENTRY_ENDS.split(text))
    return Hints(tuple(_hint(entry, last_page) for entry in entries if entry))


def _hint(entry: str, last_page: int) -> Hint:
    place, colon, words = (part.strip() for part in entry.partition(":"))
    if not colon:
        raise _wrong(entry, _("there is no colon between the pages and the hint"))
    ranges = () if _ALL.fullmatch(place) else _ranges(entry, place)
    if not words:
        raise _wrong(entry, _("there is no text after the colon"))
    beyond = max((last for _first, last in ranges), default=0)
    if last_page and beyond > last_page:
        end = {"page": beyond, "last": last_page}
        raise _wrong(entry, _("there is no page %(page)d, the document ends at %(last)d") % end)
    return Hint(words, ranges)


def _ranges(entry: str, place: str) -> tuple[tuple[int, int], ...]:
    named = _PAGES.fullmatch(place)
    if named is None:
        example = _("begin with “page 3”, “pages 1-4” or “all pages”")
        raise _wrong(entry, example)
    return tuple(_range(entry, part) for part in _BETWEEN.split(named["numbers"]))


def _range(entry: str, part: str) -> tuple[int, int]:
    found = _RANGE.fullmatch(part)
    if found is None:
        raise _wrong(entry, _("“%(part)s” is no page number") % {"part": part})
    first = int(found[1])
    last = int(found[2] or first)
    if first < 1:
        raise _wrong(entry, _("pages are counted from 1"))
    if last < first:
        raise _wrong(
            entry, _("page %(first)d comes after page %(last)d") % {"first": first, "last": last}
        )
    return first, last


def _wrong(entry: str, reason: str) -> InvalidInput:
    shown = entry if len(entry) <= 80 else f"{entry[:79]}…"
    sentence = _("in “%(entry)s”, %(reason)s.") % {"entry": shown, "reason": reason}
    return InvalidInput(field=_("Hints"), reason=sentence)
