"""The users of the soak: they ask, stop, reload, open second tabs, and lose the network."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

from bench.client import Client, Reading, Refused
from bench.seed import QUESTION

# An answer takes ten seconds; one whose process was killed, and whose mark is late, thirty.
PATIENCE_S = 90.0
THINKING_S = (0.5, 6.0)
ANSWER_S = 10.0
ASLEEP_S = (5.0, 20.0)
UNFINISHED = {"stopped", "interrupted", "failed"}


@dataclass(slots=True)
class Seen:
    """What the readers of one soak saw."""

    readings: list[Reading] = field(default_factory=list)
    asked: int = 0
    deeds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    clients: int = 0
    going_on: set[str] = field(default_factory=set)  # answers that go on with another
    never_accepted: int = 0
    stops_s: list[float] = field(default_factory=list)

    @property
    def reconnects(self) -> int:
        """Connections beyond the first of each page."""
        return self.connections - self.clients


class Person:
    def __init__(self, url: str, cookie: str, seen: Seen, dice: random.Random) -> None:
        self._url, self._cookie, self._seen, self._dice = url, cookie, seen, dice
        self._client = Client(url, cookie=cookie)
        self._last: Reading | None = None
        self._deeds: list[tuple[Callable[[Reading], Awaitable[Reading]], int]] = [
            (self._read_on, 30),
            (self._stop, 15),
            (self._lose_the_network, 25),
            (self._reload, 15),
            (self._open_second_tab, 10),
            (self._sleep, 5),
        ]

    async def live(self, until: float) -> None:
        """Ask, one question after another, until the monotonic time `until`."""
        await self._enter()
        try:
            await asyncio.sleep(self._dice.uniform(0, ANSWER_S))
            while time.monotonic() < until:
                await self._ask_once()
                await asyncio.sleep(self._dice.uniform(*THINKING_S))
        finally:
            await self._leave()

    async def _ask_once(self) -> None:
        self._seen.asked += 1
        if self._dice.random() < 0.1:  # the question itself is lost on its way
            asyncio.get_running_loop().call_later(self._dice.uniform(0, 0.05), self._client.cut)
            self._seen.deeds["cut while asking"] += 1
        try:
            async with asyncio.timeout(PATIENCE_S):
                reading = await self._something_asked()
        except Refused as refusal:
            self._seen.refused[refusal.code] += 1
            await asyncio.sleep(refusal.retry_after)
            return
        except TimeoutError:
            self._seen.never_accepted += 1
            return
        deeds, weights = zip(*self._deeds, strict=True)
        (deed,) = self._dice.choices(deeds, weights)
        self._seen.deeds[deed.__name__.strip("_").replace("_", " ")] += 1
        self._last = await deed(reading)
        await self._to_the_end(self._last)
        self._client.readings.clear()

    async def _something_asked(self) -> Reading:
        """A new conversation, or what a reader does with the last answer."""
        last = self._last
        if last is not None and last.status in UNFINISHED and self._dice.random() < 0.5:
            self._seen.deeds["go on"] += 1
            reading = await self._client.go_on_with(last.answer)
            self._seen.going_on.add(reading.answer)
            return reading
        if last is not None and last.conversation and self._dice.random() < 0.1:
            self._seen.deeds["ask again"] += 1
            return await self._client.regenerate(last.answer)
        if last is not None and last.conversation and self._dice.random() < 0.2:
            self._seen.deeds["follow up"] += 1
            return await self._client.ask(QUESTION, conversation=last.conversation)
        return await self._client.ask(QUESTION)

    async def _to_the_end(self, reading: Reading) -> None:
        self._seen.readings.append(reading)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await reading.ended.wait()
        except TimeoutError:
            reading.violations.append(f"no end within {PATIENCE_S:.0f} s, at event {reading.n}")

    async def _read_on(self, reading: Reading) -> Reading:
        return reading

    async def _stop(self, reading: Reading) -> Reading:
        await self._wait_a_while()
        if not reading.ended.is_set():
            stopped_at = time.monotonic()
            await self._client.stop(reading.answer)
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_S):
                    await reading.ended.wait()
            if reading.status == "stopped":  # it may have been done, or its process killed
                self._seen.stops_s.append(time.monotonic() - stopped_at)
        return reading

    async def _lose_the_network(self, reading: Reading) -> Reading:
        for _ in range(self._dice.randint(1, 3)):
            await self._wait_a_while(share=0.3)
            self._client.cut()
        return reading

    async def _reload(self, reading: Reading) -> Reading:
        """A page that knows nothing, or one that was drawn with what was there."""
        await self._wait_a_while()
        await self._leave()
        await self._enter()
        known = reading if self._dice.random() < 0.5 else None
        return await self._client.watch(reading.answer, after=known)

    async def _sleep(self, reading: Reading) -> Reading:
        await self._wait_a_while()
        await self._leave()
        await asyncio.sleep(self._dice.uniform(*ASLEEP_S))
        await self._enter()
        return await self._client.watch(reading.answer, after=reading)

    async def _open_second_tab(self, reading: Reading) -> Reading:
        await self._wait_a_while()
        async with AsyncExitStack() as stack:
            tab = await stack.enter_async_context(Client(self._url, cookie=self._cookie))
            second = await tab.watch(reading.answer)
            if self._dice.random() < 0.3:
                await self._wait_a_while(share=0.3)
                tab.cut()
            await self._to_the_end(second)
            self._count(tab)
        return reading

    async def _wait_a_while(self, *, share: float = 0.9) -> None:
        await asyncio.sleep(self._dice.uniform(0, share * ANSWER_S))

    async def _enter(self) -> None:
        self._client = Client(self._url, cookie=self._cookie)
        await self._client.__aenter__()

    async def _leave(self) -> None:
        await self._client.__aexit__(None, None, None)
        self._count(self._client)

    def _count(self, client: Client) -> None:
        self._seen.connections += client.connections
        self._seen.clients += 1
