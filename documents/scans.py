"""What OCR saw on a page, as the text of that page with the places of its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, floor

from documents.adapters.extractors.clean import clean_text, one_line
from documents.adapters.extractors.hyphens import BREAK, HyphenMender
from documents.adapters.tools.tesseract import SeenWord
from documents.folding import fold
from documents.geometry import Box, PlacedWord, as_stored

# Of a line: below it it is more likely stains, rules or a part of a picture. Not of a word:
# Tesseract gives 0 to words that it has read well, among others of a line that it is sure of.
_LEAST_CONFIDENCE = 0.3
_HYPHENS = "-‐¬"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The page as the file has it: points, unrotated; and the dots per inch of its picture."""

    width: float
    height: float
    rotation: int
    resolution: int


@dataclass(frozen=True, slots=True)
class ReadScan:
    text: str
    words: tuple[PlacedWord, ...]
    confidence: float  # 0 to 1, the words' mean by their letters; 0 where there are none


def read_scan(seen: Sequence[SeenWord], sheet: Sheet) -> ReadScan:
    """Lines as they stand, an empty one between paragraphs, words that a line end breaks whole."""
    lines = [line for line in _lines(seen) if _holds_text(line)]
    raw, spans = _joined(lines)
    text = clean_text(HyphenMender().mend(raw))
    words = _placed(raw, text, spans, sheet)
    return ReadScan(text, words, _confidence([word for line in lines for word in line]))


def _confidence(words: Sequence[SeenWord]) -> float:
    letters = sum(len(word.text) for word in words)
    total = sum(word.confidence * len(word.text) for word in words)
    return round(total / letters, 3) if letters else 0.0


def _holds_text(line: Sequence[SeenWord]) -> bool:
    has_letters = any(any(map(str.isalnum, word.text)) for word in line)
    return has_letters and _confidence(line) >= _LEAST_CONFIDENCE


def _lines(seen: Sequence[SeenWord]) -> list[list[SeenWord]]:
    lines: list[list[SeenWord]] = []
    for word in seen:
        if not one_line(word.text):
            continue
        if lines and lines[-1][-1].line == word.line:
            lines[-1].append(word)
        else:
            lines.append([word])
    return lines


def _joined(lines: Sequence[Sequence[SeenWord]]) -> tuple[str, list[tuple[int, int, SeenWord]]]:
    """The text, with BREAK where a line ends in a hyphen, and where each word stands in it."""
    parts: list[str] = []
    spans: list[tuple[int, int, SeenWord]] = []
    at = 0
    for number, line in enumerate(lines):
        follows = number > 0 and lines[number - 1][0].line[:2] == line[0].line[:2]
        is_broken = follows and parts[-1].endswith(BREAK)
        gap = "" if not number or is_broken else "\n" if follows else "\n\n"
        for position, word in enumerate(line):
            said = one_line(word.text)
            is_last = position == len(line) - 1
            if is_last and len(said) > 1 and said[-1] in _HYPHENS and _goes_on(lines, number):
                said = said[:-1] + BREAK
            gap = gap if position == 0 else " "
            parts += (gap, said)
            spans.append((at + len(gap), at + len(gap) + len(said), word))
            at += len(gap) + len(said)
    return "".join(parts), spans


def _goes_on(lines: Sequence[Sequence[SeenWord]], number: int) -> bool:
    """Whether the next line belongs to the same paragraph."""
    following = lines[number + 1 : number + 2]
    return bool(following) and following[0][0].line[:2] == lines[number][0].line[:2]


def _placed(
    raw: str, text: str, spans: Sequence[tuple[int, int, SeenWord]], sheet: Sheet
) -> tuple[PlacedWord, ...]:
    """By their letters, which mending does not change; none where it did all the same, because
    a box in the wrong place is worse than none."""
    said, seen = fold(text), fold(raw)
    if said.letters != seen.letters:
        return ()
    counts = [0] * len(raw)
    for origin in seen.origins:
        counts[origin] += 1
    before = [0, *accumulate(counts)]
    return tuple(
        PlacedWord(*said.span(before[start], before[end]), _box(word, sheet))
        for start, end, word in spans
        if before[start] < before[end]
    )


def _box(word: SeenWord, sheet: Sheet) -> Box:
    is_turned = sheet.rotation in {90, 270}
    shown_height = sheet.width if is_turned else sheet.height
    points = 72 / sheet.resolution
    box = Box(
        floor(word.left * points),
        floor(shown_height - (word.top + word.height) * points),
        ceil((word.left + word.width) * points),
        ceil(shown_height - word.top * points),
    )
    return as_stored(box, width=sheet.width, height=sheet.height, rotation=sheet.rotation)
