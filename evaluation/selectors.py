"""The only way to this app's rows: question sets are their corpus's curators' own."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Prefetch, QuerySet

from accounts.models import User
from common.errors import NotFound
from documents.models import Corpus
from documents.selectors import corpora_curated_by
from evaluation.measuring import KnownQuestion
from evaluation.models import ExpectedPage, MeasuredRun, Question, QuestionSet


def sets_curated_by(user: User) -> QuerySet[QuestionSet]:
    return QuestionSet.objects.filter(corpus__in=corpora_curated_by(user)).select_related("corpus")


def sets_of_corpus(user: User, corpus: Corpus) -> QuerySet[QuestionSet]:
    """With the number of their questions, `question_count`."""
    found = sets_curated_by(user).filter(corpus=corpus)
    return found.annotate(question_count=Count("questions"))


def get_set_for_curator(user: User, pk: UUID | str) -> QuestionSet:
    found = sets_curated_by(user).filter(pk=pk).first()
    if found is None:
        raise NotFound(cause=f"question set {pk}")
    return found


def questions_of(user: User, question_set: QuestionSet) -> QuerySet[Question]:
    """Each with its expected pages; those of deleted documents are left out."""
    pages = ExpectedPage.objects.filter(document__deleted_at=None).select_related("document")
    return Question.objects.filter(
        question_set=question_set, question_set__in=sets_curated_by(user)
    ).prefetch_related(Prefetch("expected", pages))


def known_questions(user: User, question_set: QuestionSet) -> list[KnownQuestion]:
    """The set as it is measured."""
    return [
        KnownQuestion(
            key=question.pk,
            text=question.text,
            answerable=question.answerable,
            expected=frozenset((e.document_id, e.page) for e in question.expected.all()),
        )
        for question in questions_of(user, question_set)
    ]


def runs_of(user: User, question_set: QuestionSet) -> QuerySet[MeasuredRun]:
    """Newest first."""
    return MeasuredRun.objects.filter(
        question_set=question_set, question_set__in=sets_curated_by(user)
    ).select_related("by")


def get_run_for_curator(user: User, question_set: QuestionSet, pk: UUID | str) -> MeasuredRun:
    found = runs_of(user, question_set).filter(pk=pk).first()
    if found is None:
        raise NotFound(cause=f"run {pk}")
    return found
