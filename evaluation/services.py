"""Verbs over question sets: who curates the corpus keeps them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import InvalidInput, NotFound
from documents.models import Corpus
from documents.selectors import get_corpus_for_curator
from documents.services import update_corpus
from evaluation.drafts import MAX_QUESTIONS, QuestionDraft
from evaluation.models import ExpectedPage, MeasuredRun, Question, QuestionSet
from evaluation.selectors import get_set_for_curator, runs_of
from evaluation.tasks import measure_set

logger = logging.getLogger(__name__)

MAX_SETS = 50
MAX_NAME_CHARACTERS = 120


@transaction.atomic
def create_set(*, by: User, corpus: Corpus, name: str) -> QuestionSet:
    """Raises InvalidInput for the field `name`."""
    corpus = get_corpus_for_curator(by, corpus.pk)
    name = " ".join(name.split())[:MAX_NAME_CHARACTERS]
    known = [other.name.casefold() for other in corpus.question_sets.all()]
    if not name:
        raise InvalidInput(field="name", reason=_("The name is missing."))
    if name.casefold() in known:
        raise InvalidInput(field="name", reason=_("A set of this name exists already."))
    if len(known) >= MAX_SETS:
        reason = _("A corpus has at most %(count)s sets.") % {"count": MAX_SETS}
        raise InvalidInput(field="name", reason=reason)
    return QuestionSet.objects.create(corpus=corpus, name=name, created_by=by)


@transaction.atomic
def delete_set(*, by: User, question_set: UUID) -> None:
    """With its questions and all that was measured with it."""
    get_set_for_curator(by, question_set).delete()


@transaction.atomic
def save_question(
    *, by: User, question_set: QuestionSet, draft: QuestionDraft, instead_of: UUID | None = None
) -> None:
    """Add a question, replacing that of the same words, and the one named."""
    question_set = get_set_for_curator(by, question_set.pk)
    if instead_of is not None:
        question_set.questions.filter(pk=instead_of).delete()
    _write(question_set, [draft])


@transaction.atomic
def import_questions(
    *,
    by: User,
    question_set: QuestionSet,
    drafts: Sequence[QuestionDraft],
    replace_all: bool = False,
) -> None:
    """Add questions, replacing those of the same words; with `replace_all`, every other one goes.
    Raises InvalidInput for the field `file`."""
    question_set = get_set_for_curator(by, question_set.pk)
    if replace_all:
        question_set.questions.all().delete()
    _write(question_set, drafts)


@transaction.atomic
def remove_question(*, by: User, question_set: QuestionSet, question: UUID) -> None:
    question_set = get_set_for_curator(by, question_set.pk)
    removed, _by_model = question_set.questions.filter(pk=question).delete()
    if not removed:
        raise NotFound(cause=f"question {question}")


@transaction.atomic
def begin_run(*, by: User, question_set: QuestionSet) -> MeasuredRun:
    """Measure the set with `by`'s rights; the figures follow. One that is under way is returned
    rather than doubled. Raises InvalidInput where there is no question."""
    question_set = get_set_for_curator(by, question_set.pk)
    for run in runs_of(by, question_set)[:1]:
        if run.is_running:
            return run
    total = question_set.questions.count()
    if not total:
        raise InvalidInput(field="questions", reason=_("The set holds no question yet."))
    run = MeasuredRun.objects.create(
        question_set=question_set,
        by=by,
        total=total,
        threshold=question_set.corpus.evidence_threshold,
    )
    transaction.on_commit(lambda: measure_set.delay(str(run.pk)))
    return run


def apply_threshold(*, by: User, corpus: Corpus, threshold: float) -> None:
    """Have the corpus refuse answers below this evidence, 0 to 1, from the next question on."""
    before = get_corpus_for_curator(by, corpus.pk).evidence_threshold
    update_corpus(by=by, corpus=corpus, evidence_threshold=threshold)
    logger.info(
        "evidence threshold of corpus %s: %.2f, before %.2f, by user %s",
        corpus.pk,
        threshold,
        before,
        by.pk,
    )


def _write(question_set: QuestionSet, drafts: Sequence[QuestionDraft]) -> None:
    words = {draft.text.casefold() for draft in drafts}
    known = question_set.questions.values_list("pk", "text")
    same = [pk for pk, text in known if text.casefold() in words]
    if len(known) - len(same) + len(drafts) > MAX_QUESTIONS:
        reason = _("A set holds at most %(count)s questions.") % {"count": MAX_QUESTIONS}
        raise InvalidInput(field="file", reason=reason)
    question_set.questions.filter(pk__in=same).delete()
    last = question_set.questions.aggregate(last=Max("number"))["last"] or 0
    questions = Question.objects.bulk_create(
        Question(
            question_set=question_set,
            number=number,
            text=draft.text,
            answerable=draft.answerable,
            gold_answer=draft.gold_answer,
        )
        for number, draft in enumerate(drafts, start=last + 1)
    )
    named = {document for draft in drafts for document, _page in draft.expected}
    if question_set.corpus.documents.filter(pk__in=named).count() != len(named):
        raise NotFound(cause="a document of another corpus")
    ExpectedPage.objects.bulk_create(
        ExpectedPage(question=question, document_id=document, page=page)
        for question, draft in zip(questions, drafts, strict=True)
        for document, page in sorted(draft.expected)
    )
