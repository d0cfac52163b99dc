from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest

from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online
from evaluation.measuring import KnownQuestion, Outcome, ask_as, measure

LEAVE, TRAVEL = uuid.UUID(int=1), uuid.UUID(int=2)


@dataclass(frozen=True)
class Place:
    document: uuid.UUID
    page: int


@dataclass(frozen=True)
class Answer:
    passages: tuple[Place, ...]
    evidence: float = 1.0
    has_evidence: bool = True


def known(text: str, *expected: tuple[uuid.UUID, int], answerable: bool = True) -> KnownQuestion:
    return KnownQuestion(uuid.uuid4(), text, answerable, frozenset(expected))


def test_figures_are_means_over_the_questions_whose_pages_are_known():
    answers = {
        "first": Answer((Place(LEAVE, 1),)),
        # Two passages of one page count as one page: the right one is second.
        "second": Answer((Place(TRAVEL, 3), Place(TRAVEL, 3), Place(LEAVE, 1))),
        "no page is known": Answer((Place(TRAVEL, 3),)),
    }
    questions = [
        known("first", (LEAVE, 1)),
        known("second", (LEAVE, 1)),
        known("no page is known"),
    ]
    figures = measure(questions, answers.__getitem__, first=1)
    assert figures.ranked == 2
    assert figures.mrr_10 == pytest.approx(0.75)
    assert figures.recall_10 == figures.recall_100 == 1.0
    assert figures.first_share == 0.5
    assert [outcome.rank for outcome in figures.outcomes] == [1, 2, None]


def test_a_right_page_number_of_another_document_is_wrong():
    figures = measure([known("?", (LEAVE, 1))], lambda _q: Answer((Place(TRAVEL, 1),)))
    assert figures.ndcg_10 == figures.recall_100 == figures.first_share == 0.0


def test_refusals_and_answers_are_counted_against_what_can_be_answered():
    answers = {
        "refused": Answer((Place(LEAVE, 1),), evidence=0.2, has_evidence=False),
        "answered": Answer((Place(LEAVE, 1),)),
        "rightly refused": Answer((), evidence=0.0, has_evidence=False),
        "wrongly answered": Answer((Place(LEAVE, 1),), evidence=0.5),
    }
    questions = [known(text, answerable="ly" not in text) for text in answers]
    figures = measure(questions, answers.__getitem__)
    assert (figures.answerable, figures.false_refusals) == (2, 1)
    assert (figures.unanswerable, figures.false_answers) == (2, 1)
    assert [outcome.is_wrong for outcome in figures.outcomes] == [True, False, False, True]
    assert [outcome.evidence for outcome in figures.outcomes] == [0.2, 1.0, None, 0.5]
    assert figures.ndcg_10 is None


def test_an_empty_set_has_no_means():
    figures = measure([], lambda _q: Answer(()))
    assert figures.ranked == 0
    assert figures.first_share is None


def test_progress_is_told_after_each_question():
    told: list[int] = []
    measure([known("a"), known("b")], lambda _q: Answer(()), on_asked=told.append)
    assert told == [1, 2]


def test_outcomes_survive_their_row():
    (outcome,) = measure([known("a", (LEAVE, 1))], lambda _q: Answer((Place(LEAVE, 1),))).outcomes
    assert Outcome.from_json(outcome.to_json()) == outcome


def test_the_search_itself_is_measured_with_the_rights_of_who_asks(organisation, alice, bob):
    corpus = make_corpus(organisation, "Rules")
    other = make_corpus(organisation, "Payroll")
    leave = bring_online(alice, corpus, "leave.txt", "Annual leave lasts 25 days.\n")
    bring_online(alice, other, "pay.txt", "Annual leave is paid in full.\n")
    grant(corpus, bob)
    questions = [known("How long is annual leave?", (leave.document_id, 1))]
    assert measure(questions, ask_as(bob, corpus)).mrr_10 == 1.0
    found = ask_as(bob, other)("annual leave")
    assert found.passages == ()
