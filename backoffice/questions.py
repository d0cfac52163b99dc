"""What the pages of question sets show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import User
from documents.models import Corpus
from evaluation.calibration import Calibration, calibrate
from evaluation.drafts import Documents
from evaluation.measuring import Outcome
from evaluation.models import MeasuredRun, Question, QuestionSet
from evaluation.selectors import questions_of

EXPORT_HEAD = ("question", "document", "page", "answerable", "gold answer")
# As columns of the history, in this order.
_SCORES = ("ndcg_10", "recall_10", "recall_100", "mrr_10")


def figures_of(run: MeasuredRun) -> list[tuple[str, str, str]]:
    """Name, value and what it means, of a run that has come to its end."""
    figures = run.figures
    first = _("Right page among the first %(count)s") % {"count": figures["first"]}
    return [
        (first, _percent(figures["first_share"]), _("As many as an answer reads.")),
        (_("nDCG@10"), _score(figures["ndcg_10"]), _("How high the right pages stand, 0 to 1.")),
        (_("MRR@10"), _score(figures["mrr_10"]), _("1 where the right page is first, 1/2 second.")),
        (_("Recall@10"), _score(figures["recall_10"]), _("Share of the right pages among ten.")),
        (_("Recall@100"), _score(figures["recall_100"]), _("The same among a hundred.")),
        (
            _("Wrongly refused"),
            _of(figures["false_refusals"], figures["answerable"]),
            _("Could be answered, but evidence was below the threshold."),
        ),
        (
            _("Wrongly answered"),
            _of(figures["false_answers"], figures["unanswerable"]),
            _("Has no answer in the corpus, and was not refused."),
        ),
    ]


def history_rows(runs: list[MeasuredRun]) -> list[dict[str, Any]]:
    return [
        {
            "run": run,
            "cells": [_score(run.figures[name]) for name in _SCORES]
            + [
                _percent(run.figures["first_share"]),
                _of(run.figures["false_refusals"], run.figures["answerable"]),
                _of(run.figures["false_answers"], run.figures["unanswerable"]),
                number_format(round(run.threshold, 2), 2),
            ]
            if run.figures
            else [],
        }
        for run in runs
    ]


def _score(value: float | None) -> str:
    return "–" if value is None else number_format(round(value, 3), 3)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{number_format(round(100 * value), 0)}\u00a0%"


def _of(count: int, total: int) -> str:
    return _("%(count)s of %(total)s") % {"count": count, "total": total} if total else "–"


def calibration_of(run: MeasuredRun, now: float) -> Calibration:
    return calibrate((Outcome.from_json(each) for each in run.outcomes), now)


def calibration_rows(calibration: Calibration, now: float) -> list[dict[str, Any]]:
    """Thresholds that differ from the one before in what they refuse or answer, and today's."""
    rows: list[dict[str, Any]] = []
    last = None
    for row in calibration.rows:
        is_now = abs(row.value - now) < 1e-9
        is_proposed = row.value == calibration.proposed
        if (row.refused, row.answered) != last or is_now or is_proposed:
            rows.append(
                {
                    "value": number_format(round(row.value, 2), 2),
                    "refused": _of(row.refused, row.answerable),
                    "answered": _of(row.answered, row.unanswerable),
                    "balance": number_format(round(row.balance, 2), 2) if row.unanswerable else "–",
                    "is_now": is_now,
                    "is_proposed": is_proposed,
                }
            )
        last = (row.refused, row.answered)
    return rows


def question_rows(questions: list[Question], run: MeasuredRun | None) -> list[dict[str, Any]]:
    """Each with what the run made of it."""
    outcomes = {each["question"]: Outcome.from_json(each) for each in run.outcomes} if run else {}
    rows = []
    for question in questions:
        outcome = outcomes.get(str(question.pk))
        rows.append(
            {
                "question": question,
                "expected": list(question.expected.all()),
                "outcome": outcome,
                "evidence": _percent(outcome.evidence) if outcome else "",
            }
        )
    return rows


def edited_question(user: User, question: Question, corpus: Corpus) -> Mapping[str, Any]:
    """As its form begins."""
    names = Documents(user, corpus)
    pages = [f"{names.name_of(e.document_id)}; {e.page}" for e in question.expected.all()]
    return {
        "text": question.text,
        "answerable": question.answerable,
        "expected": "\n".join(pages),
        "gold_answer": question.gold_answer,
        "instead_of": question.pk,
    }


def export_rows(user: User, question_set: QuestionSet) -> Iterator[list[object]]:
    """A line for each right page, as the import reads them."""
    names = Documents(user, question_set.corpus)
    for question in questions_of(user, question_set):
        answerable = "yes" if question.answerable else "no"
        pages = [(names.name_of(e.document_id), e.page) for e in question.expected.all()]
        for number, (name, page) in enumerate(pages or [("", "")]):
            gold = question.gold_answer if number == 0 else ""
            yield [question.text, name, page, answerable, gold]
