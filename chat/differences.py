"""Passages of one answer that are easily taken for each other: the same words with other figures,
or two versions of one document. Their reader is told, so that neither is cited unnoticed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import msgspec

from chat.frames import DifferenceView, PassageView

Kind = Literal["figures", "version"]

# Runs of words that two passages share when their figures are left out, of the shorter one's.
_SAME_SHARE = 0.8
_RUN = 4
# A line of a table, or a heading, is like many others.
_WORDS_AT_LEAST = 12

_WORD = re.compile(r"\w+")
_FIGURE = re.compile(r"\w*\d\w*")

Run = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    runs: frozenset[Run]
    masked: frozenset[Run]  # the same, without their figures


def with_differences(passages: Sequence[PassageView]) -> tuple[PassageView, ...]:
    """The passages, each with those that it differs from."""
    differs: dict[int, list[DifferenceView]] = {passage.number: [] for passage in passages}
    texts = {passage.number: _text(passage.text) for passage in passages}
    for one, other in combinations(passages, 2):
        kind = _difference(one, other, texts[one.number], texts[other.number])
        if kind is not None:
            differs[one.number].append(DifferenceView(number=other.number, kind=kind))
            differs[other.number].append(DifferenceView(number=one.number, kind=kind))
    return tuple(
        msgspec.structs.replace(passage, differs=tuple(found))
        if (found := differs[passage.number])
        else passage
        for passage in passages
    )


def _difference(one: PassageView, other: PassageView, ours: _Text, theirs: _Text) -> Kind | None:
    if one.document == other.document:
        return "version" if one.version != other.version else None
    shorter, longer = sorted((ours, theirs), key=lambda text: len(text.masked))
    if len(shorter.masked) <= _WORDS_AT_LEAST - _RUN:
        return None
    shared = shorter.masked & longer.masked
    if len(shared) < _SAME_SHARE * len(shorter.masked):
        return None
    # What the two share word for word they also share without figures.
    has_others = any(_masked(run) in shared for run in shorter.runs - longer.runs)
    return "figures" if has_others else None


def _text(text: str) -> _Text:
    written = text.lower()
    return _Text(_runs(written), _runs(_FIGURE.sub("0", written)))


def _runs(text: str) -> frozenset[Run]:
    words = _WORD.findall(text)
    return frozenset(tuple(words[n : n + _RUN]) for n in range(len(words) - _RUN + 1))


def _masked(run: Run) -> Run:
    return tuple(_FIGURE.sub("0", word) for word in run)
