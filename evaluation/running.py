"""A measurement, from its row to its figures."""

from __future__ import annotations

import logging
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from accounts.selectors import active_user
from common.errors import CassandreError
from evaluation.measuring import Figures, ask_as, measure
from evaluation.models import MeasuredRun, QuestionSet
from evaluation.selectors import get_set_for_curator, known_questions

logger = logging.getLogger(__name__)

State = MeasuredRun.State

# Questions between two notes of the progress.
_NOTED_EVERY = 10
# Of a set: what is older is forgotten.
KEPT_RUNS = 20


def measure_set_as(user: User, question_set: QuestionSet, run: UUID | None = None) -> Figures:
    """Ask every question as `user`; the progress is noted on the row of `run`."""
    corpus = question_set.corpus

    def note(done: int) -> None:
        if run is not None and done % _NOTED_EVERY == 0:
            _set(run, done=done)

    return measure(
        known_questions(user, question_set),
        ask_as(user, corpus),
        first=corpus.passages_read,
        on_asked=note,
    )


def run_measurement(pk: UUID) -> None:
    run = MeasuredRun.objects.filter(pk=pk, state=State.RUNNING).first()
    if run is None:
        return
    try:
        user = active_user(run.by_id or UUID(int=0))
        question_set = get_set_for_curator(user, run.question_set_id)
        figures = measure_set_as(user, question_set, pk)
    except CassandreError as error:
        logger.warning("measuring %s: %s: %s", pk, error.code, error)
        _set(pk, state=State.FAILED, error_code=error.code)
        return
    except Exception:
        logger.exception("measuring %s failed", pk)
        _set(pk, state=State.FAILED, error_code=CassandreError.code)
        return
    _set(
        pk,
        state=State.DONE,
        done=len(figures.outcomes),
        total=len(figures.outcomes),
        figures=figures.to_json(),
        outcomes=[outcome.to_json() for outcome in figures.outcomes],
    )
    _forget_old(question_set)


def _set(pk: UUID, **fields: object) -> None:
    """Nothing where the row has its figures, or has gone."""
    rows = MeasuredRun.objects.filter(pk=pk, state=State.RUNNING)
    rows.update(changed_at=timezone.now(), **fields)


def _forget_old(question_set: QuestionSet) -> None:
    runs = question_set.runs.order_by("-created_at").values_list("pk", flat=True)
    question_set.runs.exclude(pk__in=list(runs[:KEPT_RUNS])).delete()
