"""Words that a PDF breaks at a line end: a real hyphen ("in-network") or a mere break?"""

from __future__ import annotations

import re

# PDFium puts this in place of a hyphen at a line end, together with the line end.
BREAK = "\ufffe"
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_FIRST_LETTERS = re.compile(r"[^\W_]*")
# Text that is hyphenated breaks more of its lines than hyphens happen to fall on line ends.
_HYPHENATED_SHARE = 0.015


class HyphenMender:
    """Decides by the words of the document so far, so call it page by page, in order."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._seen: set[str] = set()  # as they stand in the text, with what is around them
        self._new: set[str] = set()  # the same, not among the words yet
        self._lines = 0
        self._breaks = 0

    def mend(self, text: str) -> str:
        text = text.replace(f"{BREAK}\n", BREAK)
        # Most of a page's words have been seen, and most texts break none: what is new is only
        # looked at more closely once it is asked for.
        self._new |= set(text.split()) - self._seen
        breaks = text.count(BREAK)
        self._lines += text.count("\n") + breaks
        self._breaks += breaks
        if not breaks:
            return text
        self._learn()
        mended, *rest = text.split(BREAK)
        parts = [mended]
        for part in rest:
            first = _FIRST_LETTERS.match(part)
            parts.append(self._joint(_last_letters(parts[-1]), first[0] if first else ""))
            parts.append(part)
        return "".join(parts)

    def _learn(self) -> None:
        whole = (word for word in self._new if BREAK not in word)
        found = _WORD.findall("\n".join(whole).casefold())
        self._words.update(found)
        for word in found:
            if "-" in word:
                self._words.update(word.split("-"))
        self._seen |= self._new
        self._new = set()

    def _joint(self, left: str, right: str) -> str:
        """What stood between two parts of a word: a hyphen, or nothing."""
        if not left or not right or not right[0].islower() or left[-1].isdigit():
            return "-"
        whole, hyphened = f"{left}{right}".casefold(), f"{left}-{right}".casefold()
        if hyphened in self._words:
            return "-"
        if whole in self._words:
            return ""
        both_are_words = {left.casefold(), right.casefold()} <= self._words
        is_hyphenated = self._breaks > _HYPHENATED_SHARE * self._lines
        return "" if is_hyphenated and not both_are_words else "-"


def _last_letters(text: str) -> str:
    start = len(text)
    while start and text[start - 1].isalnum():
        start -= 1
    return text[start:]
