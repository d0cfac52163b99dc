"""The mark of a list's item as a reader sees it: “3.”, “b)”, “IV.”, or a dash for a bullet."""

from __future__ import annotations

from collections.abc import Sequence

BULLET = "-"
_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
    (9, "ix"),
    (5, "v"),
    (4, "iv"),
    (1, "i"),
)
_LARGEST_ROMAN = 3_999
# The names of Word and those of OpenDocument.
_LETTERS = frozenset({"lowerLetter", "upperLetter", "a", "A"})
_ROMANS = frozenset({"lowerRoman", "upperRoman", "i", "I"})
_CAPITAL = frozenset({"upperLetter", "upperRoman", "A", "I"})


def numeral(number: int, kind: str) -> str:
    """The number written as the list says; kinds that are not known are written in digits."""
    text = str(number)
    if kind in _LETTERS and number > 0:
        # Word repeats the letter: z is followed by aa, bb, ...
        text = chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 10)
    elif kind in _ROMANS and 0 < number <= _LARGEST_ROMAN:
        text = _roman(number)
    elif kind == "decimalZero":
        text = f"{number:02}"
    return text.upper() if kind in _CAPITAL else text


def _roman(number: int) -> str:
    parts = []
    for value, letters in _ROMAN:
        times, number = divmod(number, value)
        parts.append(letters * times)
    return "".join(parts)


def item_line(mark: str, level: int, text: str) -> str:
    """An item of a list with its mark, two blanks further in for each level from 0."""
    return f"{'  ' * min(level, 8)}{mark} {text.strip()}"


class Counters:
    """Where the levels of one list have come to."""

    def __init__(self) -> None:
        self._values: list[int | None] = []

    def next_at(self, level: int, start: int = 1) -> Sequence[int | None]:
        """Counts an item of this level (from 0) and has the deeper ones begin anew."""
        missing = level + 1 - len(self._values)
        self._values += [None] * missing
        before = self._values[level]
        self._values[level] = start if before is None else before + 1
        del self._values[level + 1 :]
        return self._values

    def restart(self, level: int) -> None:
        del self._values[level:]
