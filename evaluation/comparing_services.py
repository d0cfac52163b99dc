"""Comparing two index generations: begun by who manages the index, on the sets they curate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from common.errors import InvalidInput
from documents.errors import IndexNotComplete
from documents.generations import live_generation
from documents.index_selectors import generations_managed_by, get_generation_managed_by
from documents.models import IndexGeneration
from evaluation.models import Comparison, Question, QuestionSet
from evaluation.selectors import sets_curated_by
from evaluation.tasks import compare_generations


@dataclass(frozen=True, slots=True)
class ComparedSet:
    question_set: QuestionSet
    beside: dict[str, Any]  # measuring.Figures of the generation that was live
    generation: dict[str, Any]


@transaction.atomic
def begin_comparison(*, by: User, generation: UUID) -> Comparison:
    """Measure a complete generation and the live one with every set that `by` curates. One that is
    under way is returned rather than doubled. Raises InvalidInput where there is no question,
    IndexNotComplete where the generation never was."""
    row = get_generation_managed_by(by, generation)
    if row.built_at is None or row.state == IndexGeneration.State.LIVE:
        raise IndexNotComplete
    latest = row.comparisons.first()
    if latest is not None and latest.is_running:
        return latest
    total = Question.objects.filter(question_set__in=sets_curated_by(by)).count()
    if not total:
        raise InvalidInput(field="questions", reason="no question in any set")
    made = Comparison.objects.create(generation=row, beside=live_generation(), by=by, total=total)
    # The figures of an earlier one were those of another content.
    row.comparisons.exclude(pk=made.pk).delete()
    compare_generations.delay_on_commit(str(made.pk))
    return made


def comparison_of(user: User, generation: IndexGeneration) -> Comparison | None:
    """The latest, for who manages the index."""
    seen = Comparison.objects.filter(
        generation=generation, generation__in=generations_managed_by(user)
    )
    return seen.select_related("beside").first()


def compared_sets(user: User, comparison: Comparison) -> list[ComparedSet]:
    """Of the sets that `user` curates alone, whoever began it."""
    mine = sets_curated_by(user).in_bulk([row["set"] for row in comparison.rows])
    return [
        ComparedSet(mine[UUID(row["set"])], row["beside"], row["generation"])
        for row in comparison.rows
        if UUID(row["set"]) in mine
    ]
