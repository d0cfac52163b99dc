"""The chat page as the server renders it: readable before any script runs."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from chat.frames import Ask, DifferenceView, PassageView, PlaceView
from chat.limits import Limits
from chat.models import Citation, Conversation, Message
from chat.records import AskedQuestion, record_question
from documents.models import Chunk, Corpus, CorpusGrant, Document
from documents.tests.builders import ready_document

Status = Message.Status
PLENTY = Limits(questions_per_minute=1000, concurrent_answers=1000)


@pytest.fixture
def document(handbook: Corpus) -> Document:
    return ready_document(handbook, title="Leave", pages=["Employees have 25 days of leave."])


def cited_passage(document: Document, number: int = 1) -> PassageView:
    version = document.versions.get()
    chunk = Chunk.objects.get(version=version)
    url = reverse("documents:source", args=[document.pk])
    return PassageView(
        number=number,
        document=document.pk,
        version=version.pk,
        chunk=chunk.pk,
        title=document.title,
        corpus="Handbook",
        page=1,
        page_label="",
        section="",
        text=chunk.text,
        marks=((15, 22),),
        url=f"{url}?version={version.pk}&page=1&start=0&end=32",
        start=0,
        end=32,
    )


def ask(user: User, text: str = "How many days?", **fields: Any) -> AskedQuestion:
    question = Ask(id=uuid4().hex, text=text, **fields)
    return record_question(user, question, owner="x", language="en", limits=PLENTY)


def answered(user: User, document: Document, text: str = "It is **25 days** [1].", **fields):
    asked = ask(user, **fields)
    passage = cited_passage(document)
    Message.objects.filter(pk=asked.answer.pk).update(
        text=text, status=Status.DONE, passages=msgspec.to_builtins([passage]), model="mock"
    )
    Citation.objects.create(
        message=asked.answer,
        number=1,
        version_id=passage.version,
        page=1,
        start=0,
        end=32,
        quote=passage.text,
    )
    return asked


def read(user: User, conversation: Conversation | None = None, **query: Any) -> str:
    client = Client()
    client.force_login(user)
    url = reverse("chat:conversation", args=[conversation.pk]) if conversation else "/chat/"
    response = client.get(url, query)
    assert response.status_code == 200
    return response.content.decode()


def post(user: User, name: str, conversation: Conversation, **data: Any):
    client = Client()
    client.force_login(user)
    return client.post(reverse(f"chat:{name}", args=[conversation.pk]), data, follow=True)


def test_a_finished_answer_is_in_the_page_with_citations_and_sources(bob, document) -> None:
    html = read(bob, answered(bob, document).conversation)
    assert "It is <strong>25 days</strong><a" in html
    assert re.search(r'class="cite" href="/documents/[^"]+answer=[^"]+"', html)
    assert "Employees have <mark>25 days</mark> of leave." in html
    assert "live-answer" not in html


def test_an_answer_being_written_tells_the_script_where_to_go_on(bob, document) -> None:
    asked = answered(bob, document, text="It is")
    Message.objects.filter(pk=asked.answer.pk).update(status=Status.STREAMING, last_event=5)
    html = read(bob, asked.conversation)
    live = json.loads(re.findall(r'id="live-answer"[^>]*>(.*?)</script>', html)[0])
    assert (live["answer"], live["n"], live["text"]) == (str(asked.answer.pk), 5, "It is")
    assert live["passages"][0]["title"] == "Leave"


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (Status.STOPPED, "You stopped this answer."),
        (Status.INTERRUPTED, "The server was restarted while it was writing."),
        (Status.FAILED, "The answer could not be written."),
        (Status.NOT_FOUND, "Nothing was found that answers."),
    ],
)
def test_how_an_answer_ended_is_said_in_words(bob, document, status, sentence) -> None:
    asked = answered(bob, document)
    Message.objects.filter(pk=asked.answer.pk).update(status=status, error_code="answer-failed")
    html = read(bob, asked.conversation)
    endings = re.findall(rf'data-ending="{status}"( hidden)?>(.*?)</div>', html, re.DOTALL)
    hidden, ending = endings[0]
    assert not hidden
    assert sentence in ending
    assert "Ask again" in ending
    assert (
        len(re.findall(r'data-ending="\w+"(?! hidden)', html.partition('id="turn-template"')[0]))
        == 1
    )


def test_a_revoked_right_also_hides_what_old_answers_quote(bob, document) -> None:
    asked = answered(bob, document)
    CorpusGrant.objects.filter(user=bob).delete()
    html = read(bob, asked.conversation)
    assert "Employees have" not in html
    assert 'class="cite"' not in html
    assert "It is <strong>25 days</strong>." in html


def test_a_deleted_document_is_no_longer_quoted(bob, document) -> None:
    asked = answered(bob, document)
    Document.objects.filter(pk=document.pk).update(deleted_at=timezone.now())
    assert "Employees have" not in read(bob, asked.conversation)


def test_conversations_are_listed_by_day_pinned_ones_first(bob) -> None:
    texts = {"Of today": 0, "Of the week": 3, "Long ago": 30, "Kept": 60}
    for text, days in texts.items():
        pk = ask(bob, text).conversation.pk
        then = timezone.now() - timedelta(days=days)
        Conversation.objects.filter(pk=pk).update(updated_at=then, pinned=text == "Kept")
    html = read(bob)
    places = [html.index(f">{words}<") for words in (*("Pinned", "Kept", "Today", "Of today"),)]
    places += [
        html.index(f">{words}<") for words in ("This week", "Of the week", "Older", "Long ago")
    ]
    assert places == sorted(places)


def test_a_search_is_no_conversation_until_it_goes_on(bob) -> None:
    ask(bob, "Only searched", kind="search")
    assert "Only searched" not in read(bob)


def test_conversations_are_found_by_their_name(bob) -> None:
    ask(bob, "About leave")
    ask(bob, "About telework")
    html = read(bob, find="LEAVE")
    assert "About leave" in html
    assert "About telework" not in html


def test_a_conversation_is_renamed_and_pinned(bob) -> None:
    conversation = ask(bob).conversation
    assert 'name="title"' in read(bob, conversation, rename="1")
    html = post(bob, "rename", conversation, title=" Leave ").content.decode()
    assert "<title>Leave · Cassandre</title>" in html
    assert post(bob, "rename", conversation, title=" ").status_code == 400
    assert "Unpin the conversation" in post(bob, "pin", conversation).content.decode()
    assert "Pin the conversation" in post(bob, "unpin", conversation).content.decode()


def test_a_deletion_can_be_undone(bob) -> None:
    conversation = ask(bob, "To be deleted").conversation
    html = post(bob, "delete", conversation).content.decode()
    assert "To be deleted" not in html
    assert reverse("chat:restore", args=[conversation.pk]) in html
    assert "To be deleted" in post(bob, "restore", conversation).content.decode()


@pytest.mark.parametrize("name", ["rename", "pin", "unpin", "delete", "restore", "continue"])
def test_verbs_are_not_for_links(bob, name) -> None:
    client = Client()
    client.force_login(bob)
    url = reverse(f"chat:{name}", args=[ask(bob).conversation.pk])
    assert client.get(url).status_code == 405


def test_a_new_conversation_offers_the_corpora_that_are_open(bob, charlie, handbook) -> None:
    assert f'value="{handbook.pk}"' not in read(charlie)
    assert f'data-corpus-chip="{handbook.pk}"' in read(bob)


def test_a_conversation_says_which_corpora_it_asks(bob, handbook) -> None:
    asked = ask(bob, corpora=(handbook.pk,))
    assert "Handbook</span></li>" in read(bob, asked.conversation)
    CorpusGrant.objects.filter(user=bob).delete()
    assert "Handbook" not in read(bob, asked.conversation)


def test_the_number_of_queries_does_not_grow_with_the_thread(
    bob, document, django_assert_num_queries
) -> None:
    conversation = answered(bob, document).conversation
    read(bob, conversation)
    with CaptureQueriesContext(connection) as few:
        read(bob, conversation)
    for _ in range(4):
        answered(bob, document, conversation=conversation.pk)
        answered(bob, document)
    with django_assert_num_queries(len(few)):
        read(bob, conversation)


def test_a_turn_says_what_it_was_limited_to_and_the_next_one_is_too(bob, document) -> None:
    asked = answered(
        bob,
        document,
        as_of=date(2025, 3, 3),
        documents=(document.pk,),
        media_types=("application/pdf",),
        languages=("en",),
        sections=("Leave & more",),
    )
    html = read(bob, asked.conversation)
    turn = re.findall(r"data-limits>(.*?)</p>", html)[0]
    assert re.findall(r"<span[^>]*>(.*?)</span>", turn) == [
        *("Answered as of March 3, 2025", "Leave", "PDF", "English", "Leave &amp; more")
    ]
    assert f'type="hidden" name="documents" value="{document.pk}"' in html
    assert 'type="hidden" name="sections" value="Leave &amp; more"' in html
    assert re.search(r'name="as_of" value="2025-03-03"', html)


def test_a_document_that_was_closed_is_not_named_in_what_was_asked(bob, document) -> None:
    asked = answered(bob, document, documents=(document.pk,))
    Document.objects.filter(pk=document.pk).update(title="Plans")
    assert "Plans" in read(bob, asked.conversation)
    CorpusGrant.objects.filter(user=bob).delete()
    html = read(bob, asked.conversation)
    assert "Plans" not in html
    assert "A document that is not open to you" in html


def test_a_card_says_what_its_source_is_beside_the_others(bob, document) -> None:
    asked = answered(bob, document)
    passage = cited_passage(document)
    place = PlaceView(
        document=document.pk,
        version=passage.version,
        title="Reprint",
        reference="p. 3",
        url="/documents/x/?page=3",
    )
    other = DifferenceView(number=2, kind="figures")
    first = msgspec.structs.replace(
        passage, also_in=(place,), differs=(other,), stood_on=date(2025, 3, 3)
    )
    second = msgspec.structs.replace(passage, number=2)
    Message.objects.filter(pk=asked.answer.pk).update(passages=msgspec.to_builtins([first, second]))
    html = read(bob, asked.conversation)
    assert "As it stood on March 3, 2025 – replaced since" in html
    assert "Nearly the same words with other figures: [2]" in html
    assert '<a class="textlink" href="/documents/x/?page=3">Reprint, p. 3</a>' in html


def test_a_search_of_a_day_goes_on_in_chat_with_its_filters(bob, document) -> None:
    asked = answered(bob, document, kind="search", as_of=date(2025, 3, 3), sections=("Leave",))
    client = Client()
    client.force_login(bob)
    client.post(reverse("chat:continue", args=[asked.conversation.pk]))
    html = read(bob, asked.conversation)
    assert "Answered as of March 3, 2025" in html
    assert 'name="sections" value="Leave"' in html
    assert 'name="as_of" value="2025-03-03"' in html
