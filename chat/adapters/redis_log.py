"""Events in Redis Streams: for several web processes.

One stream per answer, entry ids "<n>-0", so that a reader's number is its position and Redis
itself refuses a double. Bounded in length, and expiring: a crashed writer leaves nothing.

The process that writes an answer serves its own readers from memory; what it appends is mirrored
to Redis in batches, many answers in one round trip, so that a frame costs no round trip of its
own and a slow Redis never holds up the model's stream.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from chat.adapters.memory_log import MemoryEventLog
from chat.ports import LoggedEvent

logger = logging.getLogger(__name__)

Entry = tuple[bytes, dict[bytes, bytes]]

# More events than an answer of the maximum length has, at one frame per 40 ms for 5 minutes.
MAX_EVENTS = 8_192
# A log that nobody writes to any more is gone after this; said anew with every so many events.
EXPIRE_S = 900
EVENTS_PER_EXPIRY = 128
KEEP_AFTER_END_S = 60
# How long one read waits; between two, a reader notices that the log has gone.
BLOCK_MS = 1_000
# After so many of them without an event, its reader looks at the database: a process that was
# killed leaves a log without an end.
SILENT_BLOCKS = 2
# A Redis that is there answers within milliseconds; without it the database's rows are read.
CONNECT_S, ANSWER_S = 2, 2
# Readers of other processes see an event at most this much later.
MIRROR_INTERVAL_S = 0.02


def connect(url: str) -> Redis:
    """A client whose reads may wait: the socket's time-out lies beyond the longest block."""
    return Redis.from_url(
        url, socket_connect_timeout=CONNECT_S, socket_timeout=BLOCK_MS / 1000 + ANSWER_S
    )


class RedisEventLog:
    def __init__(self, client: Redis, keep_after_end_s: int = KEEP_AFTER_END_S) -> None:
        self._redis = client
        self._keep_after_end_s = keep_after_end_s
        self._own = MemoryEventLog(keep_after_end_s)
        self._unsent: list[tuple[UUID, LoggedEvent]] = []
        self._mirror: asyncio.Task[None] | None = None

    def append(self, answer: UUID, event: LoggedEvent) -> None:
        self._own.append(answer, event)
        self._unsent.append((answer, event))
        if self._mirror is None or self._mirror.done():
            self._mirror = asyncio.create_task(self._send())

    async def _send(self) -> None:
        while self._unsent:
            batch, self._unsent = self._unsent, []
            pipeline = self._redis.pipeline(transaction=False)
            for answer, event in batch:
                key = _key(answer)
                fields: Any = {"f": event.frame, "l": "1" if event.last else ""}
                pipeline.xadd(key, fields, id=f"{event.n}-0", maxlen=MAX_EVENTS, approximate=True)
                if event.n % EVENTS_PER_EXPIRY == 1:
                    pipeline.expire(key, EXPIRE_S)
            try:
                await pipeline.execute()
            except RedisError:
                # Readers elsewhere find a gap and read the database's checkpoint instead.
                logger.exception("%s events could not be mirrored to Redis", len(batch))
            await asyncio.sleep(MIRROR_INTERVAL_S)

    async def mirrored(self) -> None:
        """Everything appended so far has been sent to Redis when this returns."""
        if self._mirror is not None:
            await self._mirror

    async def holds(self, answer: UUID, after: int) -> bool:
        if await self._own.holds(answer, after):
            return True
        try:
            info = await self._redis.xinfo_stream(_key(answer))
        except ResponseError:  # no such stream
            return False
        except RedisError as error:
            logger.warning("the log of answer %s cannot be read: %s", answer, error)
            return False
        first = info["first-entry"]
        last = _number(info["last-generated-id"])
        return first is not None and _number(first[0]) <= after + 1 and after <= last

    async def read(self, answer: UUID, after: int) -> AsyncGenerator[list[LoggedEvent], None]:
        if await self._own.holds(answer, after):
            async for batch in self._own.read(answer, after):
                yield batch
            return
        silent = 0
        while silent < SILENT_BLOCKS:
            events = await self._wait_for_events(answer, after)
            batch = [event for n, event in enumerate(events, start=after + 1) if event.n == n]
            if batch:
                after = batch[-1].n
                yield batch
            if len(batch) < len(events):  # some were lost on their way
                return
            if batch and batch[-1].last:
                return
            silent = 0 if batch else silent + 1

    async def _wait_for_events(self, answer: UUID, after: int) -> list[LoggedEvent]:
        try:
            reply = await self._redis.xread({_key(answer): f"{after}-0"}, block=BLOCK_MS, count=256)
        except RedisError as error:
            logger.warning("the log of answer %s cannot be read: %s", answer, error)
            return []
        return [_event(entry) for entry in _entries(reply)] if reply else []

    async def forget(self, answer: UUID) -> None:
        await self._own.forget(answer)
        await self.mirrored()  # an event after the expiry was set would make the stream anew
        try:
            await self._redis.expire(_key(answer), self._keep_after_end_s)
        except RedisError as error:  # it goes away by itself, later
            logger.warning("the log of answer %s cannot be shortened: %s", answer, error)


def _key(answer: UUID) -> str:
    return f"cassandre:answer:{answer}"


def _number(entry_id: bytes) -> int:
    return int(entry_id.split(b"-")[0])


def _entries(reply: Any) -> list[Entry]:
    """The entries of the only stream asked for."""
    ((_name, entries),) = reply
    return list(entries)


def _event(entry: Entry) -> LoggedEvent:
    entry_id, fields = entry
    return LoggedEvent(n=_number(entry_id), frame=fields[b"f"].decode(), last=fields[b"l"] == b"1")
