"""A corpus with the lighter index, alone and beside one with the full one."""

from __future__ import annotations

import pytest

from ai.lexical import Analyser, encode_passage
from common.errors import NotFound
from documents.models import Document
from documents.refreshing import refresh_document
from documents.retrieval import search
from documents.services import update_corpus
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online

LEAVE = "Employees have 25 days of annual leave.\n"


@pytest.fixture
def light(organisation, alice, erin):
    corpus = make_corpus(organisation, "Archive", words_only=True)
    grant(corpus, erin, "curate")
    return corpus


def found(user, question):
    return [passage.title for passage in search(user, question).passages]


def test_its_passages_hold_their_words_alone():
    full, light = Analyser(), Analyser().words_only()
    text = "Employees have 25 days of annual leave"
    in_full = encode_passage(text, "", "en", full)
    of_words = encode_passage(text, "", "en", light)
    assert len(of_words.indices) == 5
    weights = zip(in_full.indices, in_full.values, strict=True)
    assert set(zip(of_words.indices, of_words.values, strict=True)) < set(weights)


def test_it_is_found_by_its_words_and_no_more_by_misspelt_ones(alice, erin, light):
    bring_online(erin, light, "leave.txt", LEAVE)
    assert found(erin, "annual leave") == ["leave"]
    assert found(erin, "anual") == []


def test_the_change_has_its_documents_written_anew(alice, erin, light):
    document = bring_online(erin, light, "leave.txt", LEAVE).document
    update_corpus(by=erin, corpus=light, words_only=False)
    document.refresh_from_db()
    assert document.stale == Document.Stale.VECTORS
    refresh_document(document.pk)
    assert found(erin, "anual") == ["leave"]


def test_another_setting_leaves_the_documents_as_they_are(alice, erin, light):
    document = bring_online(erin, light, "leave.txt", LEAVE).document
    update_corpus(by=erin, corpus=light, passages_read=9, words_only=True)
    document.refresh_from_db()
    assert document.stale == ""


def test_only_its_curators_change_it(bob, dana, light):
    for stranger in (bob, dana):
        with pytest.raises(NotFound):
            update_corpus(by=stranger, corpus=light, words_only=False)


@pytest.fixture
def full(organisation, alice, erin):
    corpus = make_corpus(organisation, "Rules")
    grant(corpus, erin, "curate")
    return corpus


def test_beside_a_full_corpus_its_passages_have_the_same_scores(alice, erin, light, full):
    """The same text in both, so that only the index may tell them apart."""
    bring_online(erin, light, "archive.txt", LEAVE)
    bring_online(erin, full, "rules.txt", LEAVE.replace("25", "26"))
    scores = [passage.score for passage in search(erin, "annual leave of employees").passages]
    assert len(scores) == 2
    # Titles are of one word each.
    assert scores[0] == pytest.approx(scores[1])


def test_beside_it_a_full_corpus_still_finds_misspelt_words(alice, erin, light, full):
    bring_online(erin, light, "archive.txt", "The archive lends maps.\n")
    bring_online(erin, full, "rules.txt", LEAVE)
    assert found(erin, "anual") == ["rules"]
