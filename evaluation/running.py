"""A set measured, from its row to its figures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from accounts.models import User
from evaluation.carrying_out import carry_out, note_progress
from evaluation.measuring import Figures, ask_as, measure
from evaluation.models import MeasuredRun, QuestionSet
from evaluation.selectors import get_set_for_curator, known_questions

# Of a set: what is older is forgotten.
KEPT_RUNS = 20


def measure_set_as(
    user: User, question_set: QuestionSet, on_asked: Callable[[int], None] = lambda done: None
) -> Figures:
    """Ask every question as `user`; told how many have been asked."""
    corpus = question_set.corpus
    return measure(
        known_questions(user, question_set),
        ask_as(user, corpus),
        first=corpus.passages_read,
        on_asked=on_asked,
    )


def run_measurement(pk: UUID) -> None:
    if carry_out(MeasuredRun, pk, _measured):
        _forget_old(QuestionSet.objects.get(runs=pk))


def _measured(run: MeasuredRun, user: User) -> dict[str, Any]:
    question_set = get_set_for_curator(user, run.question_set_id)
    figures = measure_set_as(user, question_set, partial(note_progress, run))
    return {
        "done": len(figures.outcomes),
        "total": len(figures.outcomes),
        "figures": figures.to_json(),
        "outcomes": [outcome.to_json() for outcome in figures.outcomes],
    }


def _forget_old(question_set: QuestionSet) -> None:
    runs = question_set.runs.order_by("-created_at").values_list("pk", flat=True)
    question_set.runs.exclude(pk__in=list(runs[:KEPT_RUNS])).delete()
