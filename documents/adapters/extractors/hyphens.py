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
        self._seen: set[str] = set()  # as they stand in the text, with what is around them
        self._new: set[str] = set()  # the same, not among the words yet
        self._lines = 0
        self._breaks = 0

    def mend(self, text: str) -> str:
        unbroken = _BROKEN.sub(" ", text) if BREAK in text else text
        # Most of a page's words have been seen, and most texts break none: what is new is only
        # looked at more closely once it is asked for.
        self._new |= set(unbroken.split()) - self._seen
        breaks = text.count(BREAK)
        self._lines += text.count("\n") + breaks
        self._breaks += breaks
        if not breaks:
            return text
        self._learn()
        return _BROKEN.sub(self._join, text)

    def _learn(self) -> None:
        found = _WORD.findall("\n".join(self._new).casefold())
        self._words.update(found)
        for word in found:
            if "-" in word:
                self._words.update(word.split("-"))
        self._seen |= self._new
        self._new = set()

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
