"""Questions that are sent on to people, as their askers see them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from chat.inbox import reply_to
from chat.models import Conversation, Enquiry, Message
from chat.tests.test_pages_chat import answered
from chat.tests.turns import log_turn
from documents.models import Corpus, CorpusGrant
from documents.tests.builders import grant, make_corpus, ready_document

NOT_FOUND = Message.Status.NOT_FOUND


@pytest.fixture
def document(handbook):
    return ready_document(handbook, title="Leave", pages=["Employees have 25 days of leave."])


@pytest.fixture
def answer(bob, document) -> Message:
    return answered(bob, document).answer


@pytest.fixture
def client(bob) -> Client:
    client = Client()
    client.force_login(bob)
    return client


def send(client: Client, answer: Message, **fields: str):
    return client.post(reverse("chat:enquire", args=[answer.pk]), fields, follow=True)


def test_a_question_is_sent_with_its_note_its_corpora_and_references(client, answer, handbook):
    page = send(client, answer, kind="wrong", note="It was 27 last year.").content.decode()
    enquiry = Enquiry.objects.get()
    assert (enquiry.kind, enquiry.note) == ("wrong", "It was 27 last year.")
    assert enquiry.question == "How many days?"
    assert list(enquiry.corpora.all()) == [handbook]
    (reference,) = enquiry.passages
    assert set(reference) == {"version", "page", "start", "end"}
    assert enquiry.sent_to == ["Erin"]
    assert "Sent to Erin" in page


def test_where_nobody_curates_the_administrators_are_asked(organisation, client, bob, alice):
    corpus = make_corpus(organisation, "Nobody’s", visibility=Corpus.Visibility.ALL_MEMBERS)
    turn = log_turn(bob, [], searched=[corpus], status=NOT_FOUND)
    send(client, turn.answer)
    enquiry = Enquiry.objects.get()
    assert (enquiry.kind, enquiry.sent_to) == ("unanswered", ["Alice"])


def test_what_was_searched_and_not_all_that_is_open_decides_who_is_asked(
    organisation, client, bob, handbook, document
):
    other = make_corpus(organisation, "Payroll")
    grant(other, bob)
    turn = log_turn(bob, [], searched=[handbook], status=NOT_FOUND)
    send(client, turn.answer)
    assert list(Enquiry.objects.get().corpora.all()) == [handbook]


def test_an_answer_is_sent_once(client, answer):
    send(client, answer, note="First")
    send(client, answer, note="Second")
    assert Enquiry.objects.get().note == "First"


def test_an_answer_that_is_being_written_is_not_sent(client, answer):
    Message.objects.filter(pk=answer.pk).update(status=Message.Status.STREAMING)
    assert send(client, answer).status_code == 409
    assert not Enquiry.objects.exists()


def test_a_script_gets_the_fragment_alone(client, answer):
    url = reverse("chat:enquire", args=[answer.pk])
    response = client.post(url, {"note": ""}, headers={"accept": "text/x-fragment"})
    assert "Sent to Erin" in response.content.decode()
    assert "<html" not in response.content.decode()


def test_the_reply_stands_under_the_answer_and_among_ones_enquiries(client, answer, erin):
    send(client, answer)
    reply_to(by=erin, enquiry=Enquiry.objects.get(), text="It is 25.\nSee <page 1>.")
    conversation = reverse("chat:conversation", args=[answer.conversation_id])
    assert "1 new reply" in client.get(conversation).content.decode()
    for url in (
        conversation,
        reverse("chat:enquiries"),
        reverse("chat:enquiry_state", args=[answer.pk]),
    ):
        page = client.get(url).content.decode()
        assert "Reply of Erin" in page
        assert "See &lt;page 1&gt;." in page
    assert "new reply" not in client.get(reverse("chat:enquiries")).content.decode()


def test_nobody_else_sees_sends_or_lists_it(answer, client, erin, charlie, dana):
    send(client, answer, note="Between us")
    for user in (erin, charlie, dana):
        other = Client()
        other.force_login(user)
        for name in ("enquire", "enquiry_state"):
            assert other.get(reverse(f"chat:{name}", args=[answer.pk])).status_code == 404
        assert other.post(reverse("chat:enquire", args=[answer.pk])).status_code == 404
        assert "Between us" not in other.get(reverse("chat:enquiries")).content.decode()
    assert Enquiry.objects.count() == 1


def test_a_corpus_that_is_no_longer_open_to_the_asker_is_not_asked(client, answer, bob):
    CorpusGrant.objects.filter(user=bob).delete()
    send(client, answer)
    enquiry = Enquiry.objects.get()
    assert not enquiry.corpora.exists()
    assert enquiry.sent_to == ["Alice"]


def test_what_was_sent_outlives_the_conversation(client, answer):
    send(client, answer)
    Conversation.objects.filter(pk=answer.conversation_id).delete()
    page = client.get(reverse("chat:enquiries")).content.decode()
    assert "How many days?" in page
    assert f"/chat/{answer.conversation_id}/" not in page


def test_an_answer_that_does_not_exist_is_not_found(client):
    assert client.get(reverse("chat:enquire", args=[uuid4()])).status_code == 404


def test_the_form_says_who_will_read_it_before_it_is_sent(client, answer):
    page = client.get(reverse("chat:enquire", args=[answer.pk])).content.decode()
    assert "Goes to Erin" in page
    assert "This answer is wrong" in page
