"""People at work over nginx: each asks every so often over one socket, and searches by HTTP."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp

from bench.stack import Stack
from bench.stack.visitor import Failed, Visitor
from bench.streaming_client import Socket, Stream, ask

ANSWER_S = 60.0
OPENING_AT_A_TIME = 10
WARM_SEARCHES = 6  # nginx gives them to the web processes in turn


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two questions, and between two searches, of one person."""

    ask_every_s: float
    search_every_s: float
    seconds: float  # of the whole


@dataclass(slots=True)
class Seen:
    streams: list[Stream] = field(default_factory=list)
    searches_s: list[float] = field(default_factory=list)  # the good ones
    search_errors: Counter[str] = field(default_factory=Counter)
    late_questions: int = 0  # asked later than due: the answer before took too long


async def warm_up(stack: Stack, question: str) -> None:
    """Every web process has answered a search before anything is counted, as on any day but the
    first."""
    path = f"/search/?{urlencode({'q': question})}"
    async with Visitor(stack.url, stack.seeded.admin, stack.tls) as visitor:
        for _ in range(WARM_SEARCHES):
            await visitor.get(path)


def address_of(number: int) -> str:
    """Each person comes from an address of their own, as from an office: limits by address are
    those of one person."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


async def at_work(stack: Stack, pace: Pace, questions: Sequence[str]) -> Seen:
    seen = Seen()
    places = asyncio.Semaphore(OPENING_AT_A_TIME)
    timeout = aiohttp.ClientTimeout(total=None)
    async with AsyncExitStack() as closing:

        async def opened(number: int, cookie: str) -> Socket:
            session = await closing.enter_async_context(
                aiohttp.ClientSession(timeout=timeout, connector=_connector(stack, number))
            )
            headers = {"Origin": stack.url, "Cookie": cookie}
            async with places:
                return await session.ws_connect(stack.sockets, headers=headers, max_msg_size=0)

        people = list(enumerate(stack.seeded.readers))
        sockets = await asyncio.gather(*(opened(*person) for person in people))
        for socket in sockets:
            closing.push_async_callback(socket.close)
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for (number, cookie), socket in zip(people, sockets, strict=True):
                visitor = await closing.enter_async_context(
                    Visitor(stack.url, cookie, stack.tls, address=address_of(number))
                )
                person = _Person(pace, began, questions, seen, random.Random(number))
                group.create_task(person.ask_on(socket, number / len(people)))
                group.create_task(person.search_on(visitor))
    return seen


def _connector(stack: Stack, number: int) -> aiohttp.TCPConnector:
    return aiohttp.TCPConnector(ssl=stack.tls, local_addr=(address_of(number), 0))


@dataclass(frozen=True, slots=True)
class _Person:
    pace: Pace
    began: float  # monotonic seconds, the same for all
    questions: Sequence[str]
    seen: Seen
    dice: random.Random

    async def ask_on(self, socket: Socket, share: float) -> None:
        """The first question after `share` of the time between two."""
        due = self.began + share * self.pace.ask_every_s
        while due < self.began + self.pace.seconds and not socket.closed:
            if (rest := due - time.monotonic()) > 0:
                await asyncio.sleep(rest)
            else:
                self.seen.late_questions += 1
            await self._ask_once(socket)
            due += self.pace.ask_every_s

    async def _ask_once(self, socket: Socket) -> None:
        stream = Stream()
        self.seen.streams.append(stream)
        try:
            async with asyncio.timeout(ANSWER_S):
                await ask(socket, self.dice.choice(self.questions), stream)
        except TimeoutError:
            stream.error = "time-out"
        except (aiohttp.ClientError, ConnectionError) as error:
            stream.error = type(error).__name__

    async def search_on(self, visitor: Visitor) -> None:
        due = self.began + self.dice.random() * self.pace.search_every_s
        while due < self.began + self.pace.seconds:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            asked, question = time.monotonic(), self.dice.choice(self.questions)
            try:
                await visitor.get(f"/search/?{urlencode({'q': question})}")
            except Failed as failure:
                self.seen.search_errors[failure.code] += 1
            else:
                self.seen.searches_s.append(time.monotonic() - asked)
            due += self.pace.search_every_s
