"""Words that a PDF breaks at a line end: a real hyphen ("in-network") or a mere break?"""

from __future__ import annotations

import re

# PDFium puts this in place of a hyphen at a line end, together with the line end.
BREAK = "\ufffe"
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_BROKEN = re.compile(rf"([^\W_]*){BREAK}\n?([^\W_]*)")


# Text that is hyphenated breaks more of its lines than hyphens happen to fall on line ends.
_HYPHENATED_SHARE = 0.015


class HyphenMender:
    """Decides by the words of the document so far, so call it page by page, in order."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._lines = 0
        self._breaks = 0

    def mend(self, text: str) -> str:
        unbroken = _BROKEN.sub(" ", text) if BREAK in text else text
        for word in _WORD.findall(unbroken.casefold()):
            self._words.add(word)
            if "-" in word:
                self._words.update(word.split("-"))
        breaks = text.count(BREAK)
        self._lines += text.count("\n") + breaks
        self._breaks += breaks
        if not breaks:
            return text
        return _BROKEN.sub(self._join, text)

    def _join(self, match: re.Match[str]) -> str:
        left, right = match.groups()
        if not left or not right or not right[0].islower() or left[-1].isdigit():
            return f"{left}-{right}"
        whole, hyphened = f"{left}{right}".casefold(), f"{left}-{right}".casefold()
        if hyphened in self._words:
            return f"{left}-{right}"
        if whole in self._words:
            return left + right
        both_are_words = {left.casefold(), right.casefold()} <= self._words
        is_hyphenated = self._breaks > _HYPHENATED_SHARE * self._lines
        return left + right if is_hyphenated and not both_are_words else f"{left}-{right}"
