"""Questions that people sent on, as those in charge see and answer them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from accounts.tests.cast import make_person
from chat.enquiries import send_enquiry
from chat.inbox import enquiries_seen_by
from chat.models import Conversation, Enquiry, Message
from chat.tests.turns import log_turn
from documents.models import CorpusGrant, Document
from documents.tests.builders import grant, make_corpus, ready_document

CURATE = CorpusGrant.Right.CURATE


@pytest.fixture
def payroll(organisation, bob):
    corpus = make_corpus(organisation, "Payroll")
    grant(corpus, bob)
    return corpus


@pytest.fixture
def frank(organisation, payroll):
    frank = make_person(organisation, "Frank")
    grant(payroll, frank, CURATE)
    return frank


@pytest.fixture
def leave(handbook):
    return ready_document(handbook, title="Leave", pages=["Employees have 25 days of leave."])


@pytest.fixture
def payslip(payroll):
    return ready_document(payroll, title="Payslip", pages=["The salary of the director is 7."])


@pytest.fixture
def enquiry(bob, leave, payslip) -> Enquiry:
    """About both corpora: erin curates one of them, frank the other."""
    turn = log_turn(bob, [leave, payslip], "How many days?")
    assert turn.answer_id is not None
    return send_enquiry(bob, turn.answer_id, kind="wrong", note="It was 27.")


def page(client, enquiry: Enquiry) -> str:
    return client.get(reverse("backoffice:enquiry", args=[enquiry.pk])).content.decode()


def test_whoever_curates_one_of_the_corpora_sees_it_with_their_own_passages_alone(
    enquiry, erin, frank, signed_in
):
    for user, own, other in ((erin, "25 days", "director"), (frank, "director", "25 days")):
        text = page(signed_in(user), enquiry)
        assert "How many days?" in text
        assert "It was 27." in text
        assert own in text
        assert other not in text
        assert "1 passage is not open to you." in text
        assert "1 corpus that is not open to you" in text


def test_the_answer_is_shown_to_whoever_may_read_all_that_it_rests_on(
    enquiry, alice, erin, payroll, signed_in
):
    assert "It says so" not in page(signed_in(erin), enquiry)
    assert "It says so" in page(signed_in(alice), enquiry)
    grant(payroll, erin)
    assert "It says so" in page(signed_in(erin), enquiry)


def test_what_an_earlier_answer_of_the_conversation_rests_on_counts_too(
    bob, leave, payslip, erin, signed_in
):
    first = log_turn(bob, [payslip])
    conversation = Message.objects.get(pk=first.answer_id).conversation_id
    second = log_turn(bob, [leave], "And then?", conversation=conversation)
    enquiry = send_enquiry(bob, second.answer_id, kind="wrong", note="")
    assert "It says so" not in page(signed_in(erin), enquiry)


def test_the_answer_goes_from_the_inbox_with_its_conversation(enquiry, alice, signed_in):
    Conversation.objects.update(deleted_at=enquiry.created_at)
    text = page(signed_in(alice), enquiry)
    assert "It says so" not in text
    assert "How many days?" in text


def test_passages_of_a_deleted_document_are_not_shown(enquiry, alice, signed_in):
    Document.objects.update(deleted_at=enquiry.created_at)
    assert "25 days" not in page(signed_in(alice), enquiry)


def test_who_only_reads_sees_nothing_of_it(enquiry, bob, charlie, dana):
    assert list(enquiries_seen_by(bob)) == []
    assert list(enquiries_seen_by(charlie)) == []
    assert list(enquiries_seen_by(dana)) == []


def test_a_right_that_is_taken_away_closes_the_inbox_at_once(enquiry, erin):
    assert list(enquiries_seen_by(erin)) == [enquiry]
    CorpusGrant.objects.filter(user=erin).update(right=CorpusGrant.Right.READ)
    assert list(enquiries_seen_by(erin)) == []


def test_a_reply_is_sent_under_the_name_of_who_wrote_it(enquiry, erin, signed_in):
    client = signed_in(erin)
    url = reverse("backoffice:enquiry_reply", args=[enquiry.pk])
    assert "Your reply is sent." in client.post(url, {"reply": "25."}, follow=True).content.decode()
    enquiry.refresh_from_db()
    assert (enquiry.status, enquiry.reply, enquiry.unread) == ("answered", "25.", True)
    assert (enquiry.replied_by, enquiry.assignee) == (erin, erin)


def test_an_empty_reply_is_refused(enquiry, erin, signed_in):
    url = reverse("backoffice:enquiry_reply", args=[enquiry.pk])
    assert "required" in signed_in(erin).post(url, {"reply": " "}).content.decode()
    enquiry.refresh_from_db()
    assert enquiry.status == "open"


def test_it_can_be_taken_on_given_back_closed_and_opened_again(enquiry, erin, signed_in):
    client = signed_in(erin)
    seen = []
    for action in ("take", "release", "close", "reopen"):
        client.post(reverse("backoffice:enquiry_state", args=[enquiry.pk]), {"action": action})
        enquiry.refresh_from_db()
        seen.append((enquiry.assignee, enquiry.status))
    assert seen == [(erin, "open"), (None, "open"), (None, "closed"), (None, "open")]


def test_an_unknown_action_is_refused(enquiry, erin, signed_in):
    url = reverse("backoffice:enquiry_state", args=[enquiry.pk])
    assert signed_in(erin).post(url, {"action": "burn"}).status_code == 400


def test_the_list_opens_with_what_waits_and_filters(enquiry, erin, signed_in, bob, leave):
    turn = log_turn(bob, [leave], "What about telework?")
    done = send_enquiry(bob, turn.answer_id, kind="colleague", note="")
    Enquiry.objects.filter(pk=done.pk).update(status="closed")
    client = signed_in(erin)
    url = reverse("backoffice:inbox")
    assert "telework" not in client.get(url).content.decode()
    assert "telework" in client.get(url, {"status": "closed"}).content.decode()
    both = client.get(url, {"status": "all"}).content.decode()
    assert "telework" in both
    assert "How many days?" in both
    found = client.get(url, {"status": "all", "q": "telework"}).content.decode()
    assert "How many days?" not in found


def test_the_menu_counts_what_is_open_to_each(enquiry, bob, erin, payslip, signed_in):
    turn = log_turn(bob, [payslip], "Who is paid?")
    send_enquiry(bob, turn.answer_id, kind="wrong", note="")
    Enquiry.corpora.through.objects.filter(
        corpus__name="Handbook", enquiry__question="Who is paid?"
    ).delete()
    text = signed_in(erin).get(reverse("backoffice:overview")).content.decode()
    assert '<span class="count">1</span>' in text


def test_the_export_bears_no_name_of_who_asked(enquiry, alice, signed_in):
    text = signed_in(alice).get(reverse("backoffice:inbox_export")).content.decode()
    assert "How many days?" in text
    assert "Bob" not in text


def test_the_list_costs_the_same_however_long_it_is(
    enquiry, bob, leave, erin, signed_in, django_assert_max_num_queries
):
    client, url = signed_in(erin), reverse("backoffice:inbox")
    with django_assert_max_num_queries(12) as few:
        client.get(url)
    for _each in range(4):
        turn = log_turn(bob, [leave])
        send_enquiry(bob, turn.answer_id, kind="wrong", note="")
    with django_assert_max_num_queries(len(few)):
        client.get(url)
