"""Where the words of a page stand, so that characters can be marked as boxes on it.

Boxes are whole PDF points in the unrotated page, from its lower left corner. Packed, a page of
500 words takes about 2 KB. Nothing here imports Django: the extraction child uses it.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from operator import sub

_LARGEST = 65_535
_WORD_BYTES = 12
# More takes half as long again and saves nothing.
_COMPRESSION = 4
# Of a page's words, unpacked: the child that read a hostile file may have been taken over.
_LARGEST_BYTES = 100_000 * _WORD_BYTES
# Boxes of one line overlap at least so much of the lower one's height.
_SAME_LINE = 0.5
# Words of one line stand no further apart than this many times its height.
_SAME_PHRASE = 3


@dataclass(frozen=True, slots=True)
class Box:
    left: int
    bottom: int
    right: int
    top: int


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """`start` and `end` are code-point offsets into the page's text."""

    start: int
    end: int
    box: Box


def pack(words: Iterable[PlacedWord]) -> bytes:
    """Columns rather than rows, differences rather than places: both compress better."""
    rows = list(words)
    boxes = [word.box for word in rows]
    return pack_columns(
        Columns(
            [word.start for word in rows],
            [word.end for word in rows],
            [box.left for box in boxes],
            [box.bottom for box in boxes],
            [box.right for box in boxes],
            [box.top for box in boxes],
        )
    )


@dataclass(frozen=True, slots=True)
class Columns:
    """The same as many PlacedWord, where one object for each would cost too much."""

    starts: list[int]
    ends: list[int]
    lefts: list[int]
    bottoms: list[int]
    rights: list[int]
    tops: list[int]


def pack_columns(words: Columns) -> bytes:
    """What `pack` makes of the same words."""
    flat = array("H")
    for lower, upper in (
        ([0, *words.starts], words.starts),
        (words.starts, words.ends),
        (repeat(0), words.lefts),
        (repeat(0), words.bottoms),
        (words.lefts, words.rights),
        (words.bottoms, words.tops),
    ):
        try:
            flat.extend(array("H", map(sub, upper, lower)))
        except OverflowError:
            column = map(sub, upper, lower)
            flat.extend(min(max(value, 0), _LARGEST) for value in column)
    if sys.byteorder == "big":
        flat.byteswap()
    return zlib.compress(flat.tobytes(), _COMPRESSION)


def unpack(packed: bytes) -> Iterator[PlacedWord]:
    """Raises ValueError where `packed` is not what `pack` makes."""
    try:
        plain = zlib.decompressobj().decompress(packed, _LARGEST_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    flat = array("H", plain[: len(plain) - len(plain) % _WORD_BYTES])
    if sys.byteorder == "big":
        flat.byteswap()
    count = len(flat) // 6
    start = 0
    for row in zip(*(flat[at * count : (at + 1) * count] for at in range(6)), strict=True):
        step, length, left, bottom, width, height = row
        start += step
        yield PlacedWord(start, start + length, Box(left, bottom, left + width, bottom + height))


def boxes_of(words: Iterable[PlacedWord], spans: Iterable[tuple[int, int]]) -> list[Box]:
    """One box for each line, or part of one, that the spans touch; in the order of the text."""
    wanted = list(spans)
    boxes: list[Box] = []
    for word in words:
        if not any(start < word.end and word.start < end for start, end in wanted):
            continue
        if boxes and _go_together(boxes[-1], word.box):
            boxes[-1] = _joined(boxes[-1], word.box)
        else:
            boxes.append(word.box)
    return boxes


def _go_together(one: Box, other: Box) -> bool:
    overlap = min(one.top, other.top) - max(one.bottom, other.bottom)
    lower = min(one.top - one.bottom, other.top - other.bottom)
    gap = other.left - one.right
    return overlap >= _SAME_LINE * max(lower, 1) and -lower <= gap <= _SAME_PHRASE * lower


def _joined(one: Box, other: Box) -> Box:
    return Box(
        min(one.left, other.left),
        min(one.bottom, other.bottom),
        max(one.right, other.right),
        max(one.top, other.top),
    )


def as_shown(box: Box, *, width: float, height: float, rotation: int) -> tuple[float, ...]:
    """x, y, width and height from the upper left corner of the page as it is turned.

    `width` and `height` are those of the unrotated page, `rotation` is clockwise.
    """
    across, up = box.right - box.left, box.top - box.bottom
    match rotation:
        case 90:
            return box.bottom, box.left, up, across
        case 180:
            return width - box.right, box.bottom, across, up
        case 270:
            return height - box.top, width - box.right, up, across
        case _:
            return box.left, height - box.top, across, up


def as_stored(box: Box, *, width: float, height: float, rotation: int) -> Box:
    """The reverse: of a box given from the lower left corner of the page as it is turned."""
    left, bottom, right, top = box.left, box.bottom, box.right, box.top
    across, up = round(width), round(height)
    match rotation:
        case 90:
            return Box(across - top, left, across - bottom, right)
        case 180:
            return Box(across - right, up - top, across - left, up - bottom)
        case 270:
            return Box(bottom, up - right, top, up - left)
        case _:
            return box
