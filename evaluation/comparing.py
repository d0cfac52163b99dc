"""Two index generations measured with the same questions, from a row to its figures."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from accounts.selectors import active_user
from common.errors import CassandreError
from documents.index_selectors import require_index_management
from documents.models import IndexGeneration
from evaluation.measuring import ask_as, measure
from evaluation.models import Comparison, QuestionSet
from evaluation.selectors import known_questions, sets_curated_by

logger = logging.getLogger(__name__)

State = Comparison.State

_NOTED_EVERY = 10


def run_comparison(pk: UUID) -> None:
    comparison = (
        Comparison.objects.filter(pk=pk, state=State.RUNNING)
        .select_related("generation", "beside")
        .first()
    )
    if comparison is None:
        return
    try:
        user = active_user(comparison.by_id or UUID(int=0))
        require_index_management(user)
        rows = _Asking(comparison, user).rows()
    except CassandreError as error:
        logger.warning("comparison %s: %s", pk, error)
        _set(pk, state=State.FAILED, error_code=error.code)
    except Exception:
        logger.exception("comparison %s failed", pk)
        _set(pk, state=State.FAILED, error_code=CassandreError.code)
    else:
        _set(pk, state=State.DONE, rows=rows, done=comparison.total)


class _Asking:
    def __init__(self, comparison: Comparison, user: User) -> None:
        self._comparison = comparison
        self._user = user
        self._asked = 0

    def rows(self) -> list[dict[str, Any]]:
        both = self._comparison
        return [
            {
                "set": str(each.pk),
                "beside": self._figures(each, both.beside),
                "generation": self._figures(each, both.generation),
            }
            for each in sets_curated_by(self._user).order_by("corpus__name", "name")
        ]

    def _figures(self, of: QuestionSet, generation: IndexGeneration) -> dict[str, Any]:
        questions = known_questions(self._user, of)
        found = measure(
            questions,
            ask_as(self._user, of.corpus, generation),
            first=of.corpus.passages_read,
            on_asked=self._note,
        )
        return found.to_json()

    def _note(self, _done: int) -> None:
        self._asked += 1
        if self._asked % _NOTED_EVERY == 0:
            # Each question is asked twice, and counted once.
            _set(self._comparison.pk, done=self._asked // 2)


def _set(pk: UUID, **fields: object) -> None:
    """Nothing where the row has its figures, or has gone."""
    rows = Comparison.objects.filter(pk=pk, state=State.RUNNING)
    rows.update(changed_at=timezone.now(), **fields)
