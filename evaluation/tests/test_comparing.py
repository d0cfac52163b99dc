"""Comparing the live generation with another on the sets of who asks."""

from __future__ import annotations

from uuid import uuid4

import pytest

from common.errors import InvalidInput, NotFound
from documents import switching
from documents.building import work_off
from documents.errors import IndexNotComplete
from documents.generations import live_generation
from documents.models import Chunk
from documents.retrieval import SearchScope, search
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import put_online
from evaluation.comparing import run_comparison
from evaluation.comparing_services import begin_comparison, compared_sets, comparison_of
from evaluation.models import Comparison, ExpectedPage, Question, QuestionSet


@pytest.fixture
def leave(handbook):
    return put_online(handbook, "leave", "Employees have 25 days of annual leave.")


@pytest.fixture
def generation(leave):
    generation = switching.begin()
    work_off(generation.pk)
    generation.refresh_from_db()
    return generation


def ask(corpus, version, text="How many days of annual leave?") -> QuestionSet:
    made = QuestionSet.objects.create(corpus=corpus, name="Leave")
    question = Question.objects.create(question_set=made, number=1, text=text)
    ExpectedPage.objects.create(question=question, document=version.document, page=1)
    return made


def test_both_generations_are_measured_with_every_set(alice, handbook, leave, generation):
    ask(handbook, leave)
    # What only the other one lacks shows in its figures alone.
    Chunk.objects.filter(generation=generation).delete()
    comparison = begin_comparison(by=alice, generation=generation.pk)
    assert begin_comparison(by=alice, generation=generation.pk) == comparison
    run_comparison(comparison.pk)
    found = comparison_of(alice, generation)
    assert (found.state, found.done, found.total) == ("done", 1, 1)
    (row,) = compared_sets(alice, found)
    assert (row.beside["ndcg_10"], row.generation["ndcg_10"]) == (1.0, 0.0)
    run_comparison(comparison.pk)
    assert comparison_of(alice, generation).rows == found.rows


def test_a_given_generation_is_searched_with_the_same_rights(bob, charlie, generation):
    scope = SearchScope(generation=generation.pk)
    (passage,) = search(bob, "annual leave", scope=scope).passages
    assert Chunk.objects.get(pk=passage.chunk).generation == generation != live_generation()
    assert search(charlie, "annual leave", scope=scope).passages == ()


def test_who_may_not_manage_the_index_compares_and_sees_nothing(
    alice, erin, bob, charlie, handbook, leave, generation
):
    ask(handbook, leave)
    made = begin_comparison(by=alice, generation=generation.pk)
    for user in (erin, bob, charlie):
        with pytest.raises(NotFound):
            begin_comparison(by=user, generation=generation.pk)
        assert comparison_of(user, generation) is None
    assert list(Comparison.objects.all()) == [made]


def test_figures_of_another_organisations_sets_are_not_shown(
    alice, dana, handbook, foreign_corpus, leave, generation
):
    """Both are operators of the installation; the sets stay their organisations' own."""
    for user in (alice, dana):
        user.is_superuser = True
        user.save()
    mine = ask(handbook, leave)
    comparison = begin_comparison(by=alice, generation=generation.pk)
    run_comparison(comparison.pk)
    comparison.refresh_from_db()
    assert [row["set"] for row in comparison.rows] == [str(mine.pk)]
    assert compared_sets(dana, comparison) == []
    with pytest.raises(InvalidInput):
        begin_comparison(by=dana, generation=generation.pk)


def test_rights_that_are_lost_meanwhile_end_it(alice, dana, handbook, leave, generation):
    ask(handbook, leave)
    Comparison.objects.create(generation=generation, beside=live_generation(), by=alice, total=1)
    comparison = Comparison.objects.get()
    run_comparison(comparison.pk)  # a second organisation is there: alice is no operator
    comparison.refresh_from_db()
    assert (comparison.state, comparison.error_code, comparison.rows) == (
        "failed",
        "not-allowed",
        [],
    )


def test_neither_an_unfinished_nor_the_live_generation_is_compared(alice, handbook, leave):
    ask(handbook, leave)
    unfinished = switching.begin()
    for one in (unfinished, live_generation()):
        with pytest.raises(IndexNotComplete):
            begin_comparison(by=alice, generation=one.pk)
    with pytest.raises(NotFound):
        begin_comparison(by=alice, generation=uuid4())


def test_without_a_question_there_is_nothing_to_compare(alice, organisation, generation):
    grant(make_corpus(organisation, "Empty"), alice)
    with pytest.raises(InvalidInput):
        begin_comparison(by=alice, generation=generation.pk)
