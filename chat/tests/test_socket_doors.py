from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from chat.frames import MAX_FRAME_BYTES
from chat.models import Message
from chat.tests.streaming import Socket, answer_row, text_of
from documents.models import CorpusGrant, Document

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "How many days of annual leave do employees have?"


async def test_an_anonymous_visitor_is_refused():
    assert not await Socket(None).connect()


async def test_a_page_of_another_site_is_refused(bob, settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    assert not await Socket(bob, origin="https://evil.example").connect()


async def test_a_stranger_finds_nothing_of_a_closed_corpus(charlie, corpus, model):
    async with Socket(charlie) as socket:
        await socket.ask(QUESTION)
        frames = await socket.to_the_end()
    assert "25 days" not in json.dumps(frames)
    assert frames[-1]["status"] == "not_found"


async def test_a_stranger_cannot_name_a_corpus_to_get_in(charlie, corpus, model):
    async with Socket(charlie) as socket:
        refused = await socket.ask(QUESTION, corpora=[str(corpus.pk)])
    assert (refused["type"], refused["code"]) == ("refused", "not-found")


@pytest.mark.parametrize("place", [0, 1], ids=["charlie", "dana"])
async def test_a_filter_opens_nothing_and_tells_nothing(place, corpus, model, bob, charlie, dana):
    """Neither the id of a closed document nor its heading, on whatever day."""
    stranger = (charlie, dana)[place]
    document = str((await Document.objects.aget()).pk)

    async def told(user, **narrowed):
        async with Socket(user) as socket:
            await socket.ask(QUESTION, **narrowed)
            frames = await socket.to_the_end()
        ids = ("answer", "n", "timings")
        return [{key: frame[key] for key in frame if key not in ids} for frame in frames]

    model.enqueue("25 [1].")
    assert (await told(bob, documents=[document], sections=["Leave"]))[-1]["status"] == "done"
    for day in ({}, {"as_of": "2020-03-03"}):
        nothing = await told(stranger, documents=[str(uuid4())], **day)
        assert nothing[-1]["status"] == "not_found"
        assert await told(stranger, documents=[document], **day) == nothing
        assert await told(stranger, sections=["Leave"], languages=["en"], **day) == nothing


async def test_a_filter_that_cannot_be_is_a_bad_frame(bob, corpus):
    async with Socket(bob) as socket:
        refused = await socket.ask(QUESTION, as_of="2025-02-30")
        assert (refused["type"], refused["code"]) == ("refused", "bad-frame")
    assert not await Message.objects.aexists()


async def test_anothers_answer_cannot_be_read_stopped_or_continued(bob, charlie, corpus, model):
    model.enqueue("Kept. ", asyncio.Event())
    async with Socket(bob) as owner, Socket(charlie) as stranger:
        accepted = await owner.ask(QUESTION)
        await owner.until("text")
        await stranger.send(type="watch", answer=accepted["answer"], after=0)
        assert (await stranger.receive())["code"] == "not-found"
        await stranger.send(type="stop", answer=accepted["answer"])
        assert (await stranger.receive())["code"] == "not-found"
        refused = await stranger.ask("And?", conversation=accepted["conversation"])
        assert refused["code"] == "not-found"
        assert (await answer_row(accepted["answer"])).status == Message.Status.STREAMING
        await owner.send(type="stop", answer=accepted["answer"])
        await owner.to_the_end()


async def test_a_revoked_right_hides_the_quotes_of_old_answers(bob, corpus, model, monkeypatch):
    from chat import services
    from chat.adapters.memory_log import MemoryEventLog

    model.enqueue("25 days [1].")
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.to_the_end()
        await CorpusGrant.objects.all().adelete()
        monkeypatch.setattr(services, "get_event_log", MemoryEventLog)
        await socket.send(type="watch", answer=accepted["answer"], after=0)
        snapshot = await socket.receive()
    assert snapshot["passages"] == []
    assert snapshot["citations"] == []


async def test_a_closed_account_asks_nothing_more(bob, corpus, model):
    async with Socket(bob) as socket:
        await sync_to_async(User.objects.filter(pk=bob.pk).update)(is_active=False)
        refused = await socket.ask(QUESTION)
    assert (refused["type"], refused["code"]) == ("refused", "not-allowed")


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        '{"type": "unknown"}',
        '{"type": "ask", "id": "12345678", "text": "q", "surprise": 1}',
        '{"type": "ask", "id": "12345678", "text": ""}',
        '{"type": "ask", "id": "short", "text": "q"}',
        json.dumps({"type": "ask", "id": "12345678", "text": "q" * 4001}),
        " " * (MAX_FRAME_BYTES + 1),
    ],
    ids=["no json", "unknown type", "unknown field", "empty", "bad id", "long", "huge"],
)
async def test_a_malformed_frame_is_refused_and_the_socket_lives(bob, text):
    async with Socket(bob) as socket:
        await socket.communicator.send_to(text_data=text)
        refused = await socket.receive()
        assert (refused["type"], refused["code"]) == ("refused", "bad-frame")
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}


async def test_an_unknown_answer_is_not_found(bob):
    async with Socket(bob) as socket:
        await socket.send(type="watch", answer=uuid4(), after=0)
        assert (await socket.receive())["code"] == "not-found"


async def test_refusals_speak_the_readers_language(bob, corpus, model):
    model.enqueue("25 days [1].")
    async with Socket(bob) as socket:
        await socket.ask(QUESTION)
        assert "25 days" in text_of(await socket.to_the_end())
