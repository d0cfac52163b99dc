"""At which evidence an answer is written rather than refused: weighed on a question set.

The threshold proposed is that of the greatest Youden's J (W. J. Youden, "Index for rating
diagnostic tests", 1950), 1 - share wrongly refused - share wrongly answered; of equals today's, or
else the lowest, because a passage too many can be read, one too few cannot. Without questions that
have no answer only refusals can be measured: then the highest that refuses at most 2 %.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evaluation.measuring import Outcome

STEPS = 20
MAX_REFUSED = 0.02


@dataclass(frozen=True, slots=True)
class Threshold:
    value: float
    refused: int  # of the answerable
    answered: int  # of the unanswerable
    answerable: int
    unanswerable: int

    @property
    def refused_share(self) -> float:
        return self.refused / self.answerable if self.answerable else 0.0

    @property
    def answered_share(self) -> float:
        return self.answered / self.unanswerable if self.unanswerable else 0.0

    @property
    def balance(self) -> float:
        """Youden's J, from -1 to 1."""
        return 1.0 - self.refused_share - self.answered_share


@dataclass(frozen=True, slots=True)
class Calibration:
    rows: tuple[Threshold, ...]  # from 0 to 1
    proposed: float | None  # None: no question can be answered, so that nothing can be weighed

    @property
    def answerable(self) -> int:
        return self.rows[0].answerable

    @property
    def unanswerable(self) -> int:
        return self.rows[0].unanswerable

    @property
    def measures_refusals_alone(self) -> bool:
        return not self.unanswerable


def calibrate(outcomes: Iterable[Outcome], now: float | None = None) -> Calibration:
    """What each threshold would have refused and answered; `now` is the corpus's own."""
    known = list(outcomes)
    rows = tuple(_row(known, step / STEPS) for step in range(STEPS + 1))
    return Calibration(rows, _proposed(rows, now))


def _row(outcomes: list[Outcome], value: float) -> Threshold:
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    unanswerable = [outcome for outcome in outcomes if not outcome.answerable]
    return Threshold(
        value=value,
        refused=sum(not _passes(outcome, value) for outcome in answerable),
        answered=sum(_passes(outcome, value) for outcome in unanswerable),
        answerable=len(answerable),
        unanswerable=len(unanswerable),
    )


def _passes(outcome: Outcome, threshold: float) -> bool:
    """As documents.retrieval.SearchResult.has_evidence."""
    return outcome.evidence is not None and outcome.evidence >= threshold


def _proposed(rows: tuple[Threshold, ...], now: float | None) -> float | None:
    if not rows[0].answerable:
        return None
    if not rows[0].unanswerable:
        # What finds nothing at all is refused at every threshold, the lowest too.
        allowed = max(MAX_REFUSED, rows[0].refused_share)
        return max(row.value for row in rows if row.refused_share <= allowed)
    best = max(row.balance for row in rows)
    equals = [row.value for row in rows if row.balance >= best - 1e-9]
    return next(
        (value for value in equals if now is not None and abs(value - now) < 1e-9), equals[0]
    )
