from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import User
from chat import consumers
from chat.models import Message
from chat.tests.streaming import Socket, eventually
from documents.models import CorpusGrant

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "How many days of annual leave do employees have?"


async def test_too_many_questions_in_a_minute_are_refused_with_the_time_to_wait(
    bob, charlie, corpus, model, settings
):
    settings.QUESTIONS_PER_MINUTE = 1
    model.enqueue("25 [1].")
    async with Socket(bob) as socket, Socket(charlie) as other:
        await socket.ask(QUESTION)
        await socket.to_the_end()
        refused = await socket.ask(QUESTION)
        assert (refused["type"], refused["code"]) == ("refused", "too-many-questions")
        assert 0 < refused["retry_after"] <= 60
        assert (await other.ask(QUESTION))["type"] == "accepted"  # each person has their own
        await other.to_the_end()
        await Message.objects.aupdate(created_at=timezone.now() - timedelta(seconds=61))
        model.enqueue("25 [1].")
        assert (await socket.ask(QUESTION))["type"] == "accepted"
        await socket.to_the_end()


async def test_too_many_answers_at_once_are_refused(bob, corpus, model, settings):
    settings.CONCURRENT_ANSWERS = 1
    model.enqueue("First. ", asyncio.Event())
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.until("text")
        refused = await socket.ask("Another conversation?")
        assert (refused["type"], refused["code"]) == ("refused", "too-many-answers")
        assert refused["retry_after"] > 0
        await socket.send(type="stop", answer=accepted["answer"])
        await socket.to_the_end()


async def test_a_retried_ask_is_not_counted(bob, corpus, model, settings):
    settings.QUESTIONS_PER_MINUTE = 1
    model.enqueue("25 [1].")
    async with Socket(bob) as socket:
        await socket.send(type="ask", id="12345678", text=QUESTION)
        await socket.to_the_end()
        await socket.send(type="ask", id="12345678", text=QUESTION)
        assert (await socket.receive())["type"] == "accepted"


async def test_too_many_sockets_are_told_so_and_closed(bob, settings):
    settings.SOCKETS_PER_USER = 1
    async with Socket(bob), Socket(bob) as second:
        assert (await second.receive())["code"] == "too-many-sockets"
        closed = await second.communicator.receive_output(timeout=10)
        assert (closed["type"], closed["code"]) == ("websocket.close", consumers.TOO_MANY)
    async with Socket(bob) as third:  # the places are free again
        await third.send(type="ping")
        assert await third.receive() == {"type": "pong"}


async def end_session(_bob):
    await Session.objects.all().adelete()


async def expire_session(_bob):
    await Session.objects.aupdate(expire_date=timezone.now() - timedelta(seconds=1))


async def close_account(bob):
    await User.objects.filter(pk=bob.pk).aupdate(is_active=False)


async def change_password(bob):
    bob.set_password("another-long-passphrase")
    await bob.asave()


@pytest.mark.parametrize("ending", [end_session, expire_session, close_account, change_password])
async def test_a_session_that_ends_ends_the_reading(bob, monkeypatch, ending):
    monkeypatch.setattr(consumers, "GUARD_INTERVAL_S", 0.05)
    async with Socket(bob) as socket:
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}
        await ending(bob)
        assert (await socket.receive())["code"] == "session-ended"
        closed = await socket.communicator.receive_output(timeout=10)
        assert closed["code"] == consumers.SIGNED_OUT


async def test_a_revoked_right_ends_the_reading_of_an_answer(bob, corpus, model, monkeypatch):
    monkeypatch.setattr(consumers, "GUARD_INTERVAL_S", 0.05)
    gate = asyncio.Event()
    model.enqueue("First. ", gate, "Secret. ")
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.until("text")

        async def checkpointed():
            return bool((await Message.objects.aget(pk=accepted["answer"])).passages)

        await eventually(checkpointed)
        await sync_to_async(CorpusGrant.objects.filter(user=bob).delete)()
        snapshot = (await socket.until("snapshot"))[-1]
        assert snapshot["passages"] == []
        gate.set()
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}  # and nothing of the answer


async def test_a_reader_that_takes_nothing_is_let_go(bob, corpus, model, monkeypatch):
    monkeypatch.setattr(consumers, "SEND_TIMEOUT_S", 0.05)
    gate = asyncio.Event()
    model.enqueue("First. ", gate, "Second.")
    original = consumers.AnswersConsumer.send

    async def stuck(self, text_data=None, **kwargs):
        if "Second" in text_data:
            await asyncio.Event().wait()
        await original(self, text_data=text_data, **kwargs)

    monkeypatch.setattr(consumers.AnswersConsumer, "send", stuck)
    async with Socket(bob) as slow, Socket(bob) as other:
        accepted = await slow.ask(QUESTION)
        await slow.until("text")
        gate.set()
        closed = await slow.communicator.receive_output(timeout=10)
        assert (closed["type"], closed["code"]) == ("websocket.close", consumers.TOO_SLOW)
        monkeypatch.setattr(consumers.AnswersConsumer, "send", original)
        await other.send(type="watch", answer=accepted["answer"], after=0)
        frames = await other.to_the_end()
    assert frames[-1]["type"] == "done"
