"""Who is given an approved answer, and when it waits for a review."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4
from zlib import crc32

import pytest
from django.utils import timezone

from ai.errors import ModelError
from common.errors import InvalidInput, NotFound
from documents import approved as finding
from documents.approved import find_approved
from documents.approved_review import send_to_review
from documents.approved_selectors import ApprovedFilter, approved_curated_by, counts_by_status
from documents.approved_services import (
    ApprovedDraft,
    found_again,
    propose_correction,
    question_approved,
    retire_approved,
    save_approved,
    without_markers,
)
from documents.models import ApprovedAnswer, Corpus, CorpusGrant, Document, DocumentVersion
from documents.services import delete_document
from documents.tests.approved import approve, whole_page
from documents.tests.builders import add_pages, grant, make_corpus, make_version, ready_document

Status = ApprovedAnswer.Status
ASKED = "Hello, how many annual leave days am I entitled to?"


@pytest.fixture
def leave(handbook: Corpus) -> Document:
    return ready_document(handbook, title="Leave", pages=["Employees have 25 days of leave."])


@pytest.fixture
def approved(erin, handbook, leave) -> ApprovedAnswer:
    return approve(erin, handbook, [leave])


def replace_version(document: Document, text: str) -> DocumentVersion:
    document.versions.update(live=False)
    version = make_version(document, DocumentVersion.State.READY, live=True, language="en")
    add_pages(version, [text])
    return version


def test_it_is_found_by_its_meaning_with_its_passages(approved, bob):
    found = find_approved(bob.pk, ASKED)
    assert found is not None
    assert (found.id, found.text, found.owner) == (approved.pk, "They have 25 days [1].", "Erin")
    (passage,) = found.passages
    assert (passage.number, passage.read.text) == (1, "Employees have 25 days of leave.")
    assert passage.marks


def test_another_wording_of_it_is_found_too(erin, handbook, leave, bob):
    approve(erin, handbook, [leave], alternatives=("What is my holiday allowance?",))
    assert find_approved(bob.pk, "what is the holiday allowance") is not None
    assert find_approved(bob.pk, "what is the meal allowance") is None


def test_who_may_not_read_the_corpus_is_not_given_it(approved, charlie, dana):
    assert find_approved(charlie.pk, ASKED) is None
    assert find_approved(dana.pk, ASKED) is None


def test_a_right_that_is_taken_away_takes_it_away_at_once(approved, bob):
    CorpusGrant.objects.filter(user=bob).delete()
    assert find_approved(bob.pk, ASKED) is None


def test_a_closed_account_is_given_nothing(approved, bob):
    bob.is_active = False
    bob.save()
    assert find_approved(bob.pk, ASKED) is None


def test_a_search_of_other_corpora_or_types_leaves_it_out(approved, bob, handbook):
    assert find_approved(bob.pk, ASKED, corpora=frozenset({handbook.pk})) is not None
    assert find_approved(bob.pk, ASKED, corpora=frozenset({uuid4()})) is None
    assert find_approved(bob.pk, ASKED, media_types=frozenset({"application/pdf"})) is not None
    assert find_approved(bob.pk, ASKED, media_types=frozenset({"text/csv"})) is None


def test_one_query_is_all_it_costs_where_there_is_none(
    bob, leave, erin, organisation, django_assert_num_queries
):
    closed = make_corpus(organisation, "Closed")
    grant(closed, erin, CorpusGrant.Right.CURATE)
    approve(erin, closed, text="Nothing.")
    find_approved(bob.pk, "compiles the query")
    with django_assert_num_queries(1):
        assert find_approved(bob.pk, ASKED) is None


@pytest.mark.parametrize("status", [Status.DRAFT, Status.TO_REVIEW, Status.RETIRED])
def test_only_what_is_approved_is_given(approved, bob, status):
    ApprovedAnswer.objects.update(status=status)
    assert find_approved(bob.pk, ASKED) is None


def test_past_its_review_it_is_still_given_and_said_to_be_due(approved, bob, erin):
    ApprovedAnswer.objects.update(review_on=timezone.localdate() - timedelta(days=1))
    found = find_approved(bob.pk, ASKED)
    assert found is not None
    assert found.is_due
    assert counts_by_status(erin, ApprovedFilter())["due"] == 1


def test_a_newer_version_sends_it_to_review(approved, bob, leave):
    assert send_to_review(leave.pk, ApprovedAnswer.Reason.REPLACED) == 1
    approved.refresh_from_db()
    assert (approved.status, approved.reason) == (Status.TO_REVIEW, "replaced")
    assert find_approved(bob.pk, ASKED) is None


def test_a_deleted_document_sends_it_to_review(approved, bob, erin, leave):
    delete_document(by=erin, document=leave)
    approved.refresh_from_db()
    assert (approved.status, approved.reason) == (Status.TO_REVIEW, "deleted")


def test_whatever_its_status_says_it_is_not_given_on_an_earlier_version(approved, bob, leave):
    replace_version(leave, "Employees have 27 days of leave.")
    assert find_approved(bob.pk, ASKED) is None


def test_it_is_not_given_while_a_document_it_rests_on_is_not_in_force(approved, bob, leave):
    today = timezone.localdate()
    Document.objects.filter(pk=leave.pk).update(valid_until=today)
    assert find_approved(bob.pk, ASKED) is not None
    Document.objects.filter(pk=leave.pk).update(valid_until=today - timedelta(days=1))
    assert find_approved(bob.pk, ASKED) is None
    days = {"valid_from": today + timedelta(days=1), "valid_until": None}
    Document.objects.filter(pk=leave.pk).update(**days)
    assert find_approved(bob.pk, ASKED) is None


def test_it_is_not_given_once_a_version_it_rests_on_is_gone(approved, bob, leave):
    leave.delete()
    approved.refresh_from_db()
    assert approved.passages.get().quote == "Employees have 25 days of leave."
    assert find_approved(bob.pk, ASKED) is None


def test_its_words_are_found_again_in_a_newer_version(approved, erin, leave):
    version = replace_version(leave, "New. Employees have 25 days of leave. More.")
    span = found_again(erin, approved.passages.get())
    assert span is not None
    assert (span.version, span.start, span.end) == (version.pk, 5, 37)
    version.pages.update(text="Employees have 27 days of leave.")
    assert found_again(erin, approved.passages.get()) is None


def test_to_approve_all_passages_must_be_online(approved, erin, handbook, leave):
    old = whole_page(leave)
    replace_version(leave, "Employees have 27 days of leave.")
    draft = ApprovedDraft(
        corpus=handbook.pk, question="q?", text="t [1]", passages={1: old}, owner=erin
    )
    assert save_approved(by=erin, draft=draft).status == Status.DRAFT
    with pytest.raises(InvalidInput):
        save_approved(by=erin, draft=draft, approve=True)


def test_every_number_needs_its_passage(erin, handbook):
    with pytest.raises(InvalidInput, match="text"):
        approve(erin, handbook, text="They have 25 days [3].")


def test_a_passage_of_another_corpus_is_refused(erin, handbook, organisation):
    other = make_corpus(organisation, "Other")
    grant(other, erin)
    foreign = ready_document(other, title="Foreign")
    with pytest.raises(InvalidInput, match="passages"):
        approve(erin, handbook, [foreign])


def test_readers_and_strangers_keep_none(approved, bob, charlie, dana, handbook):
    for user in (bob, charlie, dana):
        assert list(approved_curated_by(user)) == []
        with pytest.raises(NotFound):
            approve(user, handbook, text="Mine.")
        for verb in (retire_approved, question_approved):
            with pytest.raises(NotFound):
                verb(by=user, approved=approved)
    approved.refresh_from_db()
    assert approved.status == Status.APPROVED


def correction(corpus: Corpus, **fields: Any) -> ApprovedDraft:
    return ApprovedDraft(corpus=corpus.pk, question="How many?", text="27 [1][2].", **fields)


def test_a_correction_is_a_draft_until_a_curator_approves_it(bob, erin, handbook, leave):
    draft = correction(handbook, passages={1: whole_page(leave)}, source=uuid4())
    proposed = propose_correction(by=bob, draft=draft, note="Circular 7")
    assert (proposed.status, proposed.author, proposed.text) == (Status.DRAFT, bob, "27 [1].")
    assert find_approved(bob.pk, "How many?") is None
    propose_correction(by=bob, draft=draft, note="Circular 8")
    assert ApprovedAnswer.objects.get().note == "Circular 8"
    retire_approved(by=erin, approved=proposed)
    propose_correction(by=bob, draft=draft, note="Circular 9")
    assert ApprovedAnswer.objects.get().note == "Circular 8"


def test_a_correction_reaches_only_corpora_that_its_author_may_read(charlie, handbook, leave):
    with pytest.raises(NotFound):
        propose_correction(by=charlie, draft=correction(handbook, source=uuid4()))


def test_markers_of_what_is_left_out_leave_no_trace():
    assert without_markers("One [1], two [2][3].", {2}) == "One, two [2]."


class Embedder:
    """Two words that mean the same have the same vector; the others have no likeness but what all
    vectors of the model have, `alike`."""

    model, dimensions = "tiny", 64

    def __init__(self, *, fails: bool = False, alike: float = 0.0) -> None:
        self.alike = alike
        self.fails = fails
        self.asked: list[str] = []

    def embed_passages(self, texts):
        if self.fails:
            raise ModelError
        self.asked += texts
        return [self._vector(text) for text in texts]

    def embed_query(self, text):
        return self._vector(text)

    def _vector(self, text):
        meaning = "holiday" if "holiday" in text or "annual" in text else text
        vector = [0.0] * self.dimensions
        vector[0], vector[1 + crc32(meaning.encode()) % 63] = self.alike, 1.0
        return tuple(vector)


def test_with_an_embedding_model_other_nouns_that_mean_the_same_are_found(
    approved, bob, monkeypatch
):
    monkeypatch.setattr(finding, "get_embedder", Embedder)
    assert find_approved(bob.pk, "How many days of holiday leave do employees have?") is not None
    assert find_approved(bob.pk, "How many days of sick leave do employees have?") is None


def test_a_model_to_which_all_words_are_alike_does_not_take_other_nouns_for_the_same(
    approved, bob, monkeypatch
):
    monkeypatch.setattr(finding, "get_embedder", lambda: Embedder(alike=4.0))
    assert find_approved(bob.pk, "How many days of holiday leave do employees have?") is not None
    assert find_approved(bob.pk, "How many days of sick leave do employees have?") is None


def test_an_embedding_model_is_not_asked_where_words_decide(approved, bob, monkeypatch):
    embedder = Embedder()
    monkeypatch.setattr(finding, "get_embedder", lambda: embedder)
    assert find_approved(bob.pk, ASKED) is not None
    assert find_approved(bob.pk, "How many days without annual leave?") is None
    assert find_approved(bob.pk, "Who pays the rent?") is None
    assert embedder.asked == []


def test_an_embedding_model_that_fails_takes_nothing_away(approved, bob, monkeypatch):
    monkeypatch.setattr(finding, "get_embedder", lambda: Embedder(fails=True))
    assert find_approved(bob.pk, "How many days of holiday leave do employees have?") is None
    assert find_approved(bob.pk, ASKED) is not None
