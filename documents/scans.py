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

# Below it a word is more likely a stain, a rule or a part of a picture.
_LEAST_CONFIDENCE = 0.25
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
    lines = [line for line in _lines(seen) if any(map(_has_letters, line))]
    raw, spans = _joined(lines)
    text = clean_text(HyphenMender().mend(raw))
    words = _placed(raw, text, spans, sheet)
    certain = [(word.confidence, len(word.text)) for line in lines for word in line]
    letters = sum(length for _confidence, length in certain)
    total = sum(confidence * length for confidence, length in certain)
    return ReadScan(text, words, round(total / letters, 3) if letters else 0.0)


def _has_letters(word: SeenWord) -> bool:
    return any(map(str.isalnum, word.text))


def _lines(seen: Sequence[SeenWord]) -> list[list[SeenWord]]:
    lines: list[list[SeenWord]] = []
    for word in seen:
        if word.confidence < _LEAST_CONFIDENCE or not one_line(word.text):
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
