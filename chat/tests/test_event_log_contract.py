"""One contract over both event logs; the Redis one against a real server."""

from __future__ import annotations

import asyncio
import os
from uuid import uuid4

import pytest

from chat.adapters.memory_log import MemoryEventLog
from chat.adapters.redis_log import RedisEventLog, connect
from chat.ports import LoggedEvent

WAIT_S = 10.0
REDIS = os.environ.get("CHANNEL_REDIS", "")


class TwoProcesses:
    """One process writes, another reads: what several web processes see of a Redis log."""

    def __init__(self, writer, reader):
        self._writer, self._reader = writer, reader

    def append(self, answer, event):
        self._writer.append(answer, event)

    async def holds(self, answer, after):
        await self._writer.mirrored()
        return await self._reader.holds(answer, after)

    def read(self, answer, after):
        return self._reader.read(answer, after)

    async def forget(self, answer):
        await self._writer.forget(answer)


@pytest.fixture(
    params=[
        "memory",
        pytest.param("redis", marks=pytest.mark.services),
        pytest.param("redis of two processes", marks=pytest.mark.services),
    ]
)
async def log(request):
    if request.param == "memory":
        yield MemoryEventLog(keep_after_end_s=0)
        return
    if not REDIS:
        pytest.skip("CHANNEL_REDIS names no Redis: make test-services starts one")
    clients = connect(REDIS), connect(REDIS)
    writer, reader = (RedisEventLog(client, keep_after_end_s=0) for client in clients)
    yield writer if request.param == "redis" else TwoProcesses(writer, reader)
    await writer.mirrored()
    for client in clients:
        await client.aclose()


def event(n, *, last=False):
    return LoggedEvent(n, f"frame {n}", last)


async def read(log, answer, after=0):
    events = []
    async with asyncio.timeout(WAIT_S):
        async for batch in log.read(answer, after):
            events += batch
    return events


async def test_a_reader_gets_every_event_in_order_and_ends_with_the_last(log):
    answer = uuid4()
    written = [event(1), event(2), event(3, last=True)]
    for one in written:
        log.append(answer, one)
    assert await read(log, answer) == written


async def test_a_reader_starts_after_the_number_it_has(log):
    answer = uuid4()
    for one in [event(1), event(2), event(3, last=True)]:
        log.append(answer, one)
    assert [one.n for one in await read(log, answer, after=2)] == [3]


async def test_a_reader_that_has_everything_ends(log):
    answer = uuid4()
    log.append(answer, event(1, last=True))
    assert await read(log, answer, after=1) == []


async def test_a_waiting_reader_gets_what_is_appended_later(log):
    answer = uuid4()
    log.append(answer, event(1))
    reading = asyncio.create_task(read(log, answer))
    await asyncio.sleep(0.05)
    log.append(answer, event(2))
    log.append(answer, event(3, last=True))
    assert [one.n for one in await reading] == [1, 2, 3]


async def test_many_readers_see_the_same(log):
    answer = uuid4()
    log.append(answer, event(1))
    readers = [asyncio.create_task(read(log, answer)) for _ in range(5)]
    await asyncio.sleep(0.05)
    log.append(answer, event(2, last=True))
    for reader in readers:
        assert [one.n for one in await reader] == [1, 2]


async def test_answers_are_apart(log):
    one, other = uuid4(), uuid4()
    log.append(one, event(1, last=True))
    log.append(other, LoggedEvent(1, "other", True))
    assert [read_.frame for read_ in await read(log, one)] == ["frame 1"]


async def test_an_unknown_answer_is_not_held_and_reads_as_nothing(log):
    answer = uuid4()
    assert not await log.holds(answer, 0)
    assert await read(log, answer) == []


async def test_it_holds_what_it_can_continue(log):
    answer = uuid4()
    log.append(answer, event(1))
    log.append(answer, event(2))
    assert await log.holds(answer, 0)
    assert await log.holds(answer, 2)
    assert not await log.holds(answer, 3)  # the reader has seen more: the log began anew


async def test_a_forgotten_log_is_gone(log):
    answer = uuid4()
    log.append(answer, event(1, last=True))
    await log.forget(answer)
    async with asyncio.timeout(WAIT_S):
        while await log.holds(answer, 0):  # noqa: ASYNC110 (a Redis server tells nobody)
            await asyncio.sleep(0.05)


async def test_a_waiting_reader_ends_when_the_log_goes_away(log):
    answer = uuid4()
    log.append(answer, event(1))
    reading = asyncio.create_task(read(log, answer, after=1))
    await asyncio.sleep(0.05)
    await log.forget(answer)
    assert await reading == []
