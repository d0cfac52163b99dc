"""Approved answers in the back office: where they begin, how they are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.approved_form import token_of
from chat.enquiries import send_enquiry
from chat.inbox import reply_to
from chat.models import Message
from chat.tests.turns import log_turn
from documents.approved import find_approved
from documents.models import ApprovedAnswer, DocumentVersion
from documents.tests.approved import approve, whole_page
from documents.tests.builders import (
    add_pages,
    grant,
    make_corpus,
    make_version,
    ready_document,
)
from documents.tests.pipeline import bring_online

Status = ApprovedAnswer.Status


@pytest.fixture
def leave(handbook):
    return ready_document(handbook, title="Leave", pages=["Employees have 25 days of leave."])


def fields(corpus, owner, **changes: Any) -> dict[str, Any]:
    return {
        "question": "How many days of leave are there?",
        "alternatives": "What is the holiday allowance?\n\nWhat is the holiday allowance?",
        "text": "25 [1].",
        "corpus": str(corpus.pk),
        "language": "en",
        "owner": str(owner.pk),
        "review_on": "2030-01-01",
        "action": "approve",
        **changes,
    }


def test_a_curator_writes_and_approves_one(erin, bob, handbook, leave, signed_in):
    token = token_of(0, whole_page(leave))
    posted = fields(handbook, erin, passage=[token])
    page = signed_in(erin).post(reverse("backoffice:approved_new"), posted, follow=True)
    assert "given from now on" in page.content.decode()
    approved = ApprovedAnswer.objects.get()
    assert approved.alternatives == ["What is the holiday allowance?"]
    assert (approved.status, approved.reviewed_by) == (Status.APPROVED, erin)
    assert approved.passages.get().quote == "Employees have 25 days of leave."
    assert find_approved(bob.pk, "what is the holiday allowance") is not None


def test_saved_without_approving_it_is_given_to_nobody(erin, bob, handbook, signed_in):
    posted = fields(handbook, erin, text="25.", action="save")
    signed_in(erin).post(reverse("backoffice:approved_new"), posted)
    assert ApprovedAnswer.objects.get().status == Status.DRAFT
    assert find_approved(bob.pk, "How many days of leave are there?") is None


def test_a_number_without_its_passage_is_told_at_the_text(erin, handbook, signed_in):
    posted = fields(handbook, erin, text="25 [2].")
    page = signed_in(erin).post(reverse("backoffice:approved_new"), posted).content.decode()
    assert "There is no passage for [2]." in page
    assert not ApprovedAnswer.objects.exists()


def test_numbers_stay_with_their_passages_when_one_is_taken_away(erin, handbook, leave, signed_in):
    more = ready_document(handbook, title="More", pages=["More words."])
    approved = approve(erin, handbook, [leave, more], text="One [1], two [2].")
    url = reverse("backoffice:approved_answer", args=[approved.pk])
    kept = [token_of(2, whole_page(more)), token_of(0, whole_page(leave))]
    signed_in(erin).post(url, fields(handbook, erin, text="Two [2], one [3].", passage=kept))
    numbers = approved.passages.values_list("number", "title")
    assert list(numbers) == [(2, "More"), (3, "Leave")]


def test_passages_of_the_corpus_alone_are_found_and_ticked(erin, organisation, handbook, signed_in):
    bring_online(erin, handbook, "leave.md", "# Leave\n\nEmployees have 25 days of leave.\n")
    other = make_corpus(organisation, "Other")
    grant(other, erin, "curate")
    bring_online(erin, other, "other.md", "# Leave\n\nDirectors have 90 days of leave.\n")
    client, url = signed_in(erin), reverse("backoffice:approved_new")
    posted = fields(handbook, erin, action="find", find="days of leave")
    page = client.post(url, posted).content.decode()
    assert "Employees have 25 days" in page
    assert "Directors" not in page
    assert "How many days of leave are there?" in page
    assert not ApprovedAnswer.objects.exists()


def test_one_begins_with_an_answer_and_what_it_cites(erin, bob, handbook, leave, signed_in):
    turn = log_turn(bob, [leave], "How many days of leave are there?")
    client = signed_in(erin)
    assert (
        "approved/new"
        in client.get(reverse("backoffice:turn", args=[turn.answer_id])).content.decode()
    )
    url = f"{reverse('backoffice:approved_new')}?answer={turn.answer_id}"
    page = client.get(url).content.decode()
    assert "How many days of leave are there?" in page
    assert "It says so [1]." in page
    assert token_of(1, whole_page(leave)) in page
    client.post(url, fields(handbook, erin, passage=[token_of(1, whole_page(leave))]))
    approved = ApprovedAnswer.objects.get()
    assert (approved.origin, approved.source) == ("answer", turn.answer_id)


def test_of_an_answer_over_several_corpora_only_one_goes_in(
    alice, bob, organisation, handbook, leave, signed_in
):
    other = make_corpus(organisation, "Other")
    grant(other, bob)
    foreign = ready_document(other, title="Foreign", pages=["Foreign words."])
    turn = log_turn(bob, [leave, foreign])
    url = f"{reverse('backoffice:approved_new')}?answer={turn.answer_id}"
    assert "Foreign words" not in signed_in(alice).get(url).content.decode()


def test_one_begins_with_an_enquiry_and_its_reply(erin, bob, handbook, leave, signed_in):
    turn = log_turn(bob, [leave], "May I go?", status=Message.Status.NOT_FOUND)
    enquiry = send_enquiry(bob, turn.answer_id, kind="", note="")
    reply_to(by=erin, enquiry=enquiry, text="You may.")
    url = f"{reverse('backoffice:approved_new')}?enquiry={enquiry.pk}"
    page = signed_in(erin).get(url).content.decode()
    assert "May I go?" in page
    assert "You may." in page


def test_what_is_not_ones_own_begins_nothing(charlie, organisation, bob, leave, signed_in):
    grant(make_corpus(organisation, "Mine"), charlie, "curate")
    turn = log_turn(bob, [leave])
    enquiry = send_enquiry(bob, turn.answer_id, kind="wrong", note="")
    for query in (f"answer={turn.answer_id}", f"enquiry={enquiry.pk}", "answer=nonsense"):
        url = f"{reverse('backoffice:approved_new')}?{query}"
        assert signed_in(charlie).get(url).status_code == 404


def test_a_changed_document_is_shown_with_where_its_words_stand_now(
    erin, handbook, leave, signed_in
):
    approved = approve(erin, handbook, [leave])
    leave.versions.update(live=False)
    version = make_version(leave, DocumentVersion.State.READY, live=True, language="en")
    add_pages(version, ["News.", "Employees have 25 days of leave."])
    ApprovedAnswer.objects.update(status=Status.TO_REVIEW, reason="replaced")
    client = signed_in(erin)
    url = reverse("backoffice:approved_answer", args=[approved.pk])
    page = client.get(url).content.decode()
    assert "A document it rests on has a newer version." in page
    assert "Found again in the newer version." in page
    token = token_of(1, whole_page(leave, 2))
    assert token in page
    client.post(url, fields(handbook, erin, passage=[token]))
    approved.refresh_from_db()
    assert approved.status == Status.APPROVED
    version.delete()
    version = make_version(leave, DocumentVersion.State.READY, live=True, language="en")
    add_pages(version, ["Employees have 27 days of leave."])
    approve(erin, handbook, question="Other?", text="Yes.")
    old = leave.versions.get(live=False)
    approved.passages.update(version=old, page=1)
    assert "These words are not in what is online now." in client.get(url).content.decode()


def test_it_can_be_retired_and_sent_to_review(erin, handbook, signed_in):
    approved = approve(erin, handbook, text="25.")
    client, url = signed_in(erin), reverse("backoffice:approved_state", args=[approved.pk])
    seen = []
    for action in ("review", "retire"):
        client.post(url, {"action": action})
        approved.refresh_from_db()
        seen.append(approved.status)
    assert seen == [Status.TO_REVIEW, Status.RETIRED]
    assert client.post(url, {"action": "burn"}).status_code == 400


def test_the_list_filters_by_state_and_by_what_is_due(erin, handbook, signed_in):
    approve(erin, handbook, question="Fresh question?", text="Yes.")
    past = timezone.localdate() - timedelta(days=1)
    approve(erin, handbook, question="Stale question?", text="Yes.", review_on=past)
    client, url = signed_in(erin), reverse("backoffice:approved")
    both = client.get(url).content.decode()
    assert "Fresh question?" in both
    assert "Review is due" in both
    due = client.get(url, {"status": "due"}).content.decode()
    assert "Stale question?" in due
    assert "Fresh question?" not in due
    found = client.get(url, {"q": "fresh"}).content.decode()
    assert "Stale question?" not in found


def test_the_list_is_exported(erin, handbook, leave, signed_in):
    approve(erin, handbook, [leave])
    text = signed_in(erin).get(reverse("backoffice:approved_export")).content.decode()
    assert "They have 25 days [1]." in text
    assert "[1] Leave, 1" in text


def test_an_owner_of_another_organisation_is_refused(erin, dana, handbook, signed_in):
    posted = fields(handbook, dana, text="25.")
    signed_in(erin).post(reverse("backoffice:approved_new"), posted)
    assert not ApprovedAnswer.objects.exists()


def test_a_curators_pages_cost_the_same_however_many_there_are(
    erin, handbook, signed_in, django_assert_max_num_queries
):
    client, url = signed_in(erin), reverse("backoffice:approved")
    approve(erin, handbook, text="Yes.")
    with django_assert_max_num_queries(14) as few:
        client.get(url)
    for number in range(4):
        approve(erin, handbook, question=f"Question {number}?", text="Yes.")
    with django_assert_max_num_queries(len(few)):
        client.get(url)
