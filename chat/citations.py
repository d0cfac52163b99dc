"""Citation markers in streamed text: "[3]" stays where passage 3 was really sent."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

# "[1]", "[1, 2]", "[1][2]", "[1; 3]": what models write when told to cite [n].
_MARKER = re.compile(r"[ \u00a0\u202f]?\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
# What may still become a marker: the space before it, the bracket, digits and separators.
_UNFINISHED = re.compile(r"(?:[ \u00a0\u202f]|[ \u00a0\u202f]?\[[\d\s,;]{0,24})$")


@dataclass(slots=True)
class MarkerResolver:
    """Feed it text as it comes; it gives text with valid markers only, and which are new."""

    known: Collection[int]
    cited: list[int] = field(default_factory=list)  # in order of first appearance
    _held: str = ""

    def feed(self, text: str) -> str:
        text = self._held + text
        unfinished = _UNFINISHED.search(text)
        cut = unfinished.start() if unfinished else len(text)
        self._held = text[cut:]
        return _MARKER.sub(self._resolve, text[:cut])

    def flush(self) -> str:
        text, self._held = self._held, ""
        return _MARKER.sub(self._resolve, text)

    def _resolve(self, marker: re.Match[str]) -> str:
        numbers = [int(number) for number in re.findall(r"\d+", marker[1])]
        valid = [number for number in dict.fromkeys(numbers) if number in self.known]
        self.cited.extend(number for number in valid if number not in self.cited)
        return "".join(f"[{number}]" for number in valid)
