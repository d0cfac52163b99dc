"""The client against a server that says what the test wrote down, on a loopback port."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from bench import client as client_module
from bench.client import Client, Refused

WAIT_S = 10.0
ANSWER = "8a9b3bb4-7f6c-4a56-9d61-3d44a5ad6d32"
Script = Callable[["Line"], Awaitable[None]]


class Line:
    """The server's end of one connection."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    async def hear(self) -> dict[str, Any]:
        """The next frame that is no ping."""
        while True:
            frame = json.loads(await self._connection.recv())
            if frame["type"] != "ping":
                return frame

    async def say(self, *said: dict[str, Any]) -> None:
        for frame in said:
            await self._connection.send(json.dumps(frame))

    async def accept(self) -> dict[str, Any]:
        asked = await self.hear()
        names = {"conversation": "c", "question": "q", "answer": ANSWER, "title": "t"}
        await self.say({"type": "accepted", "id": asked["id"], **names})
        return asked

    async def restart(self) -> None:
        await self._connection.close(1012)

    def lose(self) -> None:
        self._connection.transport.abort()


def text(n: int, words: str) -> dict[str, Any]:
    return {"type": "text", "answer": ANSWER, "n": n, "text": words}


def done(n: int) -> dict[str, Any]:
    return {"type": "done", "answer": ANSWER, "n": n, "status": "done", "code": "", "sentence": ""}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(client_module, "FIRST_WAIT_S", 0.01)


@asynccontextmanager
async def talking_to(*scripts: Script):
    """A client whose first connection meets the first script, and so on."""
    left = list(scripts)

    async def meet(connection: ServerConnection) -> None:
        await left.pop(0)(Line(connection))
        await connection.wait_closed()

    async with serve(meet, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with (
            asyncio.timeout(WAIT_S),
            Client(f"ws://127.0.0.1:{port}/ws/answers/", cookie="sessionid=x") as client,
        ):
            yield client


async def test_an_answer_is_read_to_its_end():
    async def server(line: Line) -> None:
        asked = await line.accept()
        assert asked["text"] == "How many days?"
        await line.say(text(1, "25 "), text(2, "days."), done(3))

    async with talking_to(server) as client:
        reading = await client.ask("How many days?")
        await reading.ended.wait()
    assert (reading.text, reading.status, reading.n) == ("25 days.", "done", 3)
    assert reading.violations == []


async def test_after_a_lost_connection_it_reads_on_from_its_last_number():
    async def loses(line: Line) -> None:
        await line.accept()
        await line.say(text(1, "25 "), text(2, "days"))
        await asyncio.sleep(0.05)
        line.lose()

    async def goes_on(line: Line) -> None:
        assert await line.hear() == {"type": "watch", "answer": ANSWER, "after": 2}
        await line.say(text(3, "."), done(4))

    async with talking_to(loses, goes_on) as client:
        reading = await client.ask("How many days?")
        await reading.ended.wait()
    assert (reading.text, reading.n, reading.violations) == ("25 days.", 4, [])
    assert (client.connections, len(reading.waits)) == (2, 1)


async def test_a_question_that_was_not_accepted_is_sent_again_under_the_same_id():
    heard = []

    async def loses(line: Line) -> None:
        heard.append(await line.hear())
        line.lose()

    async def accepts(line: Line) -> None:
        heard.append(await line.accept())
        await line.say(done(1))

    async with talking_to(loses, accepts) as client:
        reading = await client.ask("How many days?")
        await reading.ended.wait()
    assert heard[0] == heard[1]


async def test_a_stop_that_was_lost_is_sent_again():
    async def loses(line: Line) -> None:
        await line.accept()
        await line.hear()
        line.lose()

    async def stops(line: Line) -> None:
        assert (await line.hear())["type"] == "watch"
        assert await line.hear() == {"type": "stop", "answer": ANSWER}
        await line.say({"type": "stopped", "answer": ANSWER, "n": 1})

    async with talking_to(loses, stops) as client:
        reading = await client.ask("How many days?")
        await client.stop(reading.answer)
        await reading.ended.wait()
    assert reading.status == "stopped"


async def test_a_snapshot_replaces_what_was_read():
    async def server(line: Line) -> None:
        await line.accept()
        state = {"status": "interrupted", "text": "25", "code": "", "passages": [], "citations": []}
        await line.say(text(1, "25 "), text(2, "days"))
        await line.say({"type": "snapshot", "answer": ANSWER, "n": 1, **state})

    async with talking_to(server) as client:
        reading = await client.ask("How many days?")
        await reading.ended.wait()
    assert (reading.text, reading.n, reading.status) == ("25", 1, "interrupted")


async def test_an_event_that_is_missing_or_comes_twice_is_noticed():
    async def server(line: Line) -> None:
        await line.accept()
        await line.say(text(1, "a"), text(1, "a"), text(3, "c"), done(2))

    async with talking_to(server) as client:
        reading = await client.ask("How many days?")
        await reading.ended.wait()
    assert reading.violations == ["text 1 after event 1", "text 3 after event 1"]


async def test_a_refused_question_says_why_and_when_to_try_again():
    async def server(line: Line) -> None:
        asked = await line.hear()
        why = {"code": "too-many-questions", "sentence": "Too many.", "retry_after": 7}
        await line.say({"type": "refused", "id": asked["id"], **why})

    async with talking_to(server) as client:
        with pytest.raises(Refused, match="Too many") as refusal:
            await client.ask("How many days?")
    assert (refusal.value.code, refusal.value.retry_after) == ("too-many-questions", 7)


async def test_after_the_end_of_the_session_it_does_not_come_back():
    async def signs_out(line: Line) -> None:
        await line.accept()
        why = {"code": "session-ended", "sentence": "Sign in again.", "retry_after": 0}
        await line.say({"type": "refused", "id": "", **why})

    async with talking_to(signs_out) as client:
        reading = await client.ask("How many days?")
        await reading.ended.wait()
        with pytest.raises(Refused, match="Sign in again"):
            await client.ask("How many days?")
    assert (reading.status, reading.code, client.connections) == ("refused", "session-ended", 1)


async def test_a_silent_socket_is_taken_for_dead(monkeypatch):
    monkeypatch.setattr(client_module, "SILENCE_S", 0.2)
    monkeypatch.setattr(client_module, "PING_S", 0.05)

    async def says_nothing_more(line: Line) -> None:
        await line.accept()

    async def goes_on(line: Line) -> None:
        assert (await line.hear())["type"] == "watch"
        await line.say(done(1))

    async with talking_to(says_nothing_more, goes_on) as client:
        reading = await client.ask("How many days?")
        await reading.ended.wait()
    assert client.connections == 2


async def test_a_server_that_restarts_is_met_again_at_once_and_asked_again(monkeypatch):
    monkeypatch.setattr(client_module, "FIRST_WAIT_S", 600)
    monkeypatch.setattr(client_module, "LONGEST_WAIT_S", 600)
    heard = []

    async def restarts(line: Line) -> None:
        heard.append(await line.hear())
        refusal = {"type": "refused", "id": heard[0]["id"], "code": "shutting-down"}
        await line.say({**refusal, "sentence": "The server is restarting.", "retry_after": 0})
        await line.restart()

    async def accepts(line: Line) -> None:
        heard.append(await line.accept())
        await line.say(done(1))

    async with talking_to(restarts, restarts, accepts) as client:
        reading = await client.ask("How many days?")
        await reading.ended.wait()
    assert heard[0] == heard[1] == heard[2]
    assert client.connections == 3
