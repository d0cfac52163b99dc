"""What the people of a replay tried, what came of it, and what they were promised."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.client import Reading

GOOD = "good"


@dataclass(frozen=True, slots=True)
class Attempt:
    """`began` and `ended`: monotonic seconds; `outcome`: GOOD, or the code that was seen."""

    kind: str  # question, search, upload, edit
    began: float
    ended: float
    outcome: str

    @property
    def took_s(self) -> float:
        return self.ended - self.began


@dataclass(slots=True)
class Diary:
    attempts: list[Attempt] = field(default_factory=list)
    frames: Counter[str] = field(default_factory=Counter)  # notices and refusals, by code
    answers: list[Reading] = field(default_factory=list)  # accepted
    documents: dict[str, str] = field(default_factory=dict)  # id -> SHA-256 of what was sent
    edits: dict[str, str] = field(default_factory=dict)  # id -> text

    def note(self, kind: str, began: float, outcome: str) -> None:
        self.attempts.append(Attempt(kind, began, time.monotonic(), outcome))


@dataclass(frozen=True, slots=True)
class Felt:
    """What a fault did to one kind of attempt. Seconds count from the fault's end."""

    tried: int
    good: int
    seen: dict[str, int]  # what was not good, by code
    longest_s: float
    recovered_s: float | None  # 0: nobody noticed; None: not while it was watched


def felt(attempts: Iterable[Attempt], kind: str, *, began: float, over: float) -> Felt:
    """`began` and `over`: when the fault did. What had ended before it does not count."""
    mine = [each for each in attempts if each.kind == kind and each.ended >= began]
    bad = [each for each in mine if each.outcome != GOOD]
    return Felt(
        tried=len(mine),
        good=len(mine) - len(bad),
        seen=dict(Counter(each.outcome for each in bad).most_common()),
        longest_s=round(max((each.took_s for each in mine), default=0.0), 1),
        recovered_s=_recovered_s(mine, bad, over),
    )


def _recovered_s(mine: list[Attempt], bad: list[Attempt], over: float) -> float | None:
    """Until the first of those that began after the last bad one had its good end."""
    if not bad:
        return 0.0 if mine else None
    last = max(each.began for each in bad)
    after = [each.ended for each in mine if each.began > last and each.outcome == GOOD]
    return round(max(0.0, min(after) - over), 1) if after else None
