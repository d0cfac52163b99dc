"""While a service is away sockets stay, or come back, and what was asked is not lost."""

from __future__ import annotations

import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from cassandre.tests.test_outage_pages import AWAY, display_name, failing, silence
from chat import answering, consumers, listening, services, sockets
from chat.errors import SessionEnded
from chat.listening import NeighbourListener
from chat.sockets import TRY_LATER
from chat.tests.conftest import corpus, model
from chat.tests.streaming import Socket, answer_row, eventually
from common import reachable

__all__ = ["corpus", "display_name", "model", "silence"]

QUESTION = "How many days of annual leave do employees have?"
with_rows = pytest.mark.django_db(transaction=True)


@with_rows
async def test_a_question_is_refused_and_the_socket_lives_on(bob, corpus, model, monkeypatch):
    model.enqueue("25 [1].")
    async with Socket(bob) as socket:
        with monkeypatch.context() as patch:
            patch.setattr(services, "_record", failing(AWAY))
            refused = await socket.ask(QUESTION)
        assert (refused["type"], refused["code"]) == ("refused", "unavailable")
        accepted = await socket.ask(QUESTION)
        assert accepted["type"] == "accepted"
        assert (await socket.to_the_end())[-1]["type"] == "done"


@with_rows
async def test_a_question_that_waits_for_a_silent_database_is_refused_and_asked_again_found(
    bob, corpus, model, monkeypatch, silence
):
    model.enqueue("25 [1].")
    waits, gate = asyncio.Event(), asyncio.Event()
    in_writer = services.in_writer

    async def frozen(*args, **options):
        waits.set()
        await gate.wait()
        return await in_writer(*args, **options)

    async with Socket(bob) as socket:
        monkeypatch.setattr(services, "in_writer", frozen)
        await socket.send(type="ask", id="0123456789", text=QUESTION)
        await waits.wait()
        silence()
        assert (await socket.receive())["code"] == "unavailable"
        reachable._owing.clear()
        gate.set()
        first = await socket.receive()
        await socket.to_the_end()
        again = await socket.ask(QUESTION, id="0123456789")
        assert (again["type"], again["answer"]) == ("accepted", first["answer"])


@with_rows
async def test_a_reading_that_breaks_off_tells_the_browser_to_come_back(
    bob, corpus, model, monkeypatch
):
    model.enqueue("25 [1].")
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.to_the_end()
        monkeypatch.setattr(services, "_snapshot", failing(AWAY))
        monkeypatch.setattr(services, "check_answer", _passes)
        await socket.send(type="watch", answer=accepted["answer"], after=9_999)
        assert (await socket.communicator.receive_output(5))["code"] == TRY_LATER


async def _passes(*_args):
    return None


@with_rows
async def test_the_guard_of_a_socket_outlives_an_outage(bob, monkeypatch):
    looks = []

    async def look(*_args):
        looks.append(1)
        if len(looks) < 3:
            raise AWAY
        raise SessionEnded

    monkeypatch.setattr(consumers, "GUARD_INTERVAL_S", 0.01)
    monkeypatch.setattr(services, "check_session", look)
    async with Socket(bob) as socket:
        assert (await socket.receive())["code"] == "session-ended"
    assert len(looks) == 3


@with_rows
async def test_a_socket_is_refused_while_nobody_can_say_whose_it_is(bob, monkeypatch):
    monkeypatch.setattr(sockets, "user_of_session", failing(AWAY))
    assert not await Socket(bob).connect()
    monkeypatch.undo()
    async with Socket(bob) as socket:
        await socket.send(type="ping")
        assert (await socket.receive())["type"] == "pong"


@with_rows
@pytest.mark.usefixtures("display_name")
async def test_an_answer_whose_search_fails_says_which_service_is_away(
    bob, corpus, model, monkeypatch
):
    monkeypatch.setattr(answering, "find", failing(AWAY))
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        last = (await socket.to_the_end())[-1]
    assert (last["type"], last["code"]) == ("failed", "unavailable")
    assert last["sentence"].startswith("SQLite does not answer")
    assert (await answer_row(accepted["answer"])).error_params == {"component": "SQLite"}


# --- Redis ------------------------------------------------------------------------------------


@with_rows
async def test_a_stop_is_written_where_the_neighbours_cannot_be_told(
    bob, corpus, model, monkeypatch
):
    told = []

    async def tell(*_args, **_options):
        told.append(1)
        raise RedisConnectionError("refused")

    model.enqueue("25 [1].", asyncio.Event())
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.until("text")
        with monkeypatch.context() as patch:
            patch.setattr(services, "tell_neighbours", tell)
            patch.setattr(services.runs, "stop", lambda _answer: False)
            await services.stop(bob.pk, accepted["answer"])
            assert told == [1]
        assert (await answer_row(accepted["answer"])).stop_requested
        await socket.send(type="stop", answer=accepted["answer"])
        await socket.to_the_end()


async def test_who_listens_to_the_neighbours_listens_again_after_an_outage(monkeypatch):
    begun = []

    async def listen_once(_listener):
        begun.append(1)
        if len(begun) < 3:
            raise RedisConnectionError("refused")
        await asyncio.Event().wait()

    monkeypatch.setattr(listening, "AGAIN_S", 0)
    monkeypatch.setattr(NeighbourListener, "_listen_once", listen_once)
    listener = NeighbourListener()
    listener.start()
    await eventually(lambda: len(begun) == 3)
    await listener.stop()
