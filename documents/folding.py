"""Texts compared by their letters and digits alone.

Two programs that read the same page differ in white space, hyphens at line ends, ligatures,
accents, quotation marks and case, and so does who quotes it. theme/js/viewer-match.js folds the
same way. Nothing here imports Django: the extraction child uses it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Folded:
    """`letters[i]` comes from the code point `origins[i]` of the text."""

    letters: str
    origins: tuple[int, ...]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the letters `first` to `last` (that one excluded) stand in the text."""
        return self.origins[first], self.origins[last - 1] + 1


def fold(text: str) -> Folded:
    letters: list[str] = []
    origins: list[int] = []
    for at, character in enumerate(text):
        for letter in _letters(character):
            letters.append(letter)
            origins.append(at)
    return Folded("".join(letters), tuple(origins))


def letters_of(text: str) -> str:
    """The letters of `fold(text)` alone, some ten times as fast."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text).casefold()))


@lru_cache(maxsize=4096)
def _letters(character: str) -> str:
    """Usually one or none; a ligature has several."""
    decomposed = unicodedata.normalize("NFKD", character).casefold()
    return "".join(letter for letter in decomposed if letter.isalnum())
