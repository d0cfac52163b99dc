"""A small client of Cassandre's socket, for whoever writes another. docs/protocol.md explains it.

    async with Client(url, cookie="sessionid=...") as client:
        reading = await client.ask("How many days of leave do I have?")
        await reading.ended.wait()
        print(reading.status, reading.text)

It comes back by itself: after a lost connection it asks again what had not been accepted, and
reads on from the last number that it saw. Nothing is asked twice, no event comes twice.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

PING_S = 8.0
SILENCE_S = 20.0  # who hears nothing for so long takes the socket for dead
OPEN_S = 10.0
# Before the k-th attempt in a row: up to FIRST_WAIT_S * 2**k, at most LONGEST_WAIT_S, of which a
# random half: a thousand clients of a restarted server must not come back together.
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 10.0
RESTARTING, RESTART_WAIT_S = 1012, 0.25  # behind the same address there is another server
SESSION_ENDED, SHUTTING_DOWN = "session-ended", "shutting-down"
Frame = dict[str, Any]


class Refused(Exception):
    """The server did not take what was asked."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame["sentence"])
        self.code: str = frame["code"]
        self.retry_after: int = frame["retry_after"]


@dataclass(slots=True)
class Reading:
    """One answer as its reader sees it."""

    answer: str
    conversation: str = ""  # where this reader asked for it
    n: int = 0  # of the last event seen
    text: str = ""
    status: str = "streaming"
    code: str = ""
    passages: list[Frame] = field(default_factory=list)
    citations: list[Frame] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    stop_wanted: bool = False
    read_on: ClientConnection | None = None
    # What the protocol rules out: an event twice, or one left out.
    violations: list[str] = field(default_factory=list)
    # Of an answer whose text had begun: seconds from each `watch` to its next frame.
    waits: list[float] = field(default_factory=list)
    resumed_at: float | None = None

    def take(self, frame: Frame) -> None:
        if self.resumed_at is not None:
            self.waits.append(time.monotonic() - self.resumed_at)
            self.resumed_at = None
        if frame["type"] == "snapshot":
            self._replace(frame)
        elif frame["n"] == self.n + 1:
            self.n += 1
            self._add(frame)
        else:
            self.violations.append(f"{frame['type']} {frame['n']} after event {self.n}")

    def _replace(self, snapshot: Frame) -> None:
        self.n, self.text = snapshot["n"], snapshot["text"]
        self.passages, self.citations = snapshot["passages"], snapshot["citations"]
        if snapshot["status"] != "streaming":
            self.end(snapshot["status"], snapshot["code"])

    def _add(self, event: Frame) -> None:
        match event["type"]:
            case "text":
                self.text += event["text"]
            case "passages":
                self.passages = event["passages"]
            case "located":
                self.citations = event["citations"]
            case "citation":
                self.citations.append(event["citation"])
            case "done" | "stopped" | "failed" | "interrupted" as kind:
                self.end(str(event.get("status", kind)), str(event.get("code", "")))

    def end(self, status: str, code: str) -> None:
        self.status, self.code = status, code
        self.resumed_at = None
        self.ended.set()


@dataclass(slots=True)
class _Question:
    frame: Frame
    accepted: asyncio.Future[Frame]
    sent_on: ClientConnection | None = None


class Client:
    """One page: a socket that comes back, and any number of answers read over it."""

    def __init__(self, url: str, *, cookie: str, tls: ssl.SSLContext | None = None) -> None:
        """`url`: ws[s]://host/ws/answers/; `cookie`: that of a signed-in session; `tls`: where the
        server's certificate is not one that the machine trusts."""
        self.readings: dict[str, Reading] = {}
        self.connections = 0
        self._url = url
        self._cookie = cookie
        self._tls = tls
        self._socket: ClientConnection | None = None
        self._questions: dict[str, _Question] = {}
        self._failures = 0
        self._rest_s = 0.0  # the server's wish, where it refused the socket itself
        self._signed_out: Frame | None = None  # the refusal that said so
        self._heard_at = 0.0
        self._life: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._life = asyncio.create_task(self._live())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._life is not None:
            self._life.cancel()
            with suppress(asyncio.CancelledError):
                await self._life

    async def ask(
        self, text: str, *, conversation: str | None = None, as_of: date | None = None
    ) -> Reading:
        """Ask, and read the answer. Returns once the server has accepted; raises Refused."""
        frame: Frame = {"type": "ask", "text": text, "conversation": conversation}
        if as_of is not None:  # what was in force then
            frame["as_of"] = as_of.isoformat()
        return await self._ask(frame)

    async def regenerate(self, answer: str) -> Reading:
        """Another version of an answer, read as that of a question is."""
        return await self._ask({"type": "regenerate", "answer": answer})

    async def go_on_with(self, answer: str) -> Reading:
        """Another version of an unfinished answer, which begins with what there is of it."""
        return await self._ask({"type": "continue", "answer": answer})

    async def _ask(self, frame: Frame) -> Reading:
        if self._signed_out is not None:
            raise Refused(self._signed_out)
        ident = frame["id"] = uuid4().hex
        question = _Question(frame, asyncio.get_running_loop().create_future())
        self._questions[ident] = question
        try:
            await self._send_question(question)
            accepted = await question.accepted
        finally:
            self._questions.pop(ident, None)
        return self.readings[accepted["answer"]]

    async def watch(self, answer: str, *, after: Reading | None = None) -> Reading:
        """Read an answer from its beginning, or on from where another reading ended."""
        reading = Reading(answer)
        if after is not None:
            reading.conversation = after.conversation
            reading.n, reading.text = after.n, after.text
            reading.passages, reading.citations = after.passages, [*after.citations]
        self.readings[answer] = reading
        await self._watch(reading)
        return reading

    async def stop(self, answer: str) -> None:
        if answer in self.readings:
            self.readings[answer].stop_wanted = True
        await self._send({"type": "stop", "answer": answer})

    def cut(self) -> None:
        """Break the connection as a lost network does: without a word."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def _live(self) -> None:
        while self._signed_out is None:
            with suppress(OSError, TimeoutError, InvalidHandshake, ConnectionClosed):
                await self._hear()
            wait_s, self._socket, self._rest_s = self._wait_s(), None, 0.0
            await asyncio.sleep(wait_s)

    def _wait_s(self) -> float:
        if self._socket is not None and self._socket.close_code == RESTARTING:
            return RESTART_WAIT_S * random.random()
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0**self._failures)
        self._failures += 1
        return self._rest_s + longest * random.uniform(0.5, 1)

    async def _hear(self) -> None:
        """One connection, from its opening to its end."""
        origin = f"{'https' if self._url.startswith('wss') else 'http'}://"
        origin += urlsplit(self._url).netloc
        async with connect(
            self._url,
            additional_headers={"Cookie": self._cookie, "Origin": origin},
            proxy=None,
            ssl=self._tls,
            compression=None,
            max_size=None,
            open_timeout=OPEN_S,
            ping_interval=None,
            close_timeout=1,
        ) as socket:
            self._socket = socket
            self._heard_at = time.monotonic()
            self.connections += 1
            heart = asyncio.create_task(self._beat(socket))
            try:
                await self._resume()
                async for message in socket:
                    self._failures = 0
                    self._heard_at = time.monotonic()
                    self._take(json.loads(message))
            finally:
                heart.cancel()

    async def _beat(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while time.monotonic() - self._heard_at < SILENCE_S:
                await socket.send('{"type": "ping"}')
                await asyncio.sleep(PING_S)
        socket.transport.abort()

    async def _resume(self) -> None:
        for question in list(self._questions.values()):
            await self._send_question(question)
        for reading in list(self.readings.values()):
            if not reading.ended.is_set():
                await self._watch(reading)
                if reading.stop_wanted:
                    await self._send({"type": "stop", "answer": reading.answer})

    async def _send_question(self, question: _Question) -> None:
        """Once per connection: a second time would begin its answer anew."""
        if self._socket is not None and question.sent_on is not self._socket:
            question.sent_on = self._socket
            await self._send(question.frame)

    async def _watch(self, reading: Reading) -> None:
        if self._socket is not None and reading.read_on is not self._socket:
            reading.read_on = self._socket
            reading.resumed_at = time.monotonic() if reading.text else None
            await self._send({"type": "watch", "answer": reading.answer, "after": reading.n})

    async def _send(self, frame: Frame) -> None:
        """What is lost with a connection is sent again by the next one."""
        if self._socket is not None:
            with suppress(ConnectionClosed):
                await self._socket.send(json.dumps(frame))

    def _take(self, frame: Frame) -> None:
        if frame["type"] == "accepted":
            question = self._questions.get(frame["id"])
            if question is not None and not question.accepted.done():
                answer = frame["answer"]
                self.readings[answer] = Reading(
                    answer, conversation=frame["conversation"], read_on=self._socket
                )
                question.accepted.set_result(frame)
        elif frame["type"] == "refused":
            self._take_refusal(frame)
        elif (reading := self.readings.get(frame.get("answer", ""))) is not None:
            reading.take(frame)

    def _take_refusal(self, frame: Frame) -> None:
        question = self._questions.get(frame["id"])
        if frame["code"] == SHUTTING_DOWN:
            return  # the question goes again over the next connection
        if question is not None and not question.accepted.done():
            question.accepted.set_exception(Refused(frame))
        elif (reading := self.readings.get(frame["id"])) is not None:
            reading.end("refused", frame["code"])
        elif not frame["id"]:
            self._rest_s = frame["retry_after"]
            if frame["code"] == SESSION_ENDED:
                self._give_up(frame)

    def _give_up(self, refusal: Frame) -> None:
        """Somebody has to sign in again: the socket closes, and another would be refused."""
        self._signed_out = refusal
        for question in self._questions.values():
            if not question.accepted.done():
                question.accepted.set_exception(Refused(refusal))
        for reading in self.readings.values():
            if not reading.ended.is_set():
                reading.end("refused", refusal["code"])
