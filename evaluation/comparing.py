"""Two index generations measured with the same questions, from a row to its figures."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.models import User
from documents.index_selectors import require_index_management
from documents.models import IndexGeneration
from evaluation.carrying_out import carry_out, note_progress
from evaluation.measuring import ask_as, measure
from evaluation.models import Comparison, QuestionSet
from evaluation.selectors import known_questions, sets_curated_by


def run_comparison(pk: UUID) -> None:
    carry_out(Comparison, pk, _compared)


def _compared(comparison: Comparison, user: User) -> dict[str, Any]:
    require_index_management(user)
    return {"rows": _Asking(comparison, user).rows()}


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
        if self._asked % 2 == 0:  # each question is asked twice, and counted once
            note_progress(self._comparison, self._asked // 2)
