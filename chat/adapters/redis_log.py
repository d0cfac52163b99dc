"""Events in Redis Streams: for several web processes.

One stream per answer, entry ids "<n>-0", so that a reader's number is its position and Redis
itself refuses a double. Bounded in length, and expiring: a crashed writer leaves nothing.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from chat.ports import LoggedEvent

Entry = tuple[bytes, dict[bytes, bytes]]

# More events than an answer of the maximum length has, at one frame per 40 ms for 5 minutes.
MAX_EVENTS = 8_192
# A log that nobody writes to any more is gone after this.
EXPIRE_S = 900
KEEP_AFTER_END_S = 60
# How long one read waits; between two, a reader notices that the log has gone.
BLOCK_MS = 1_000


def connect(url: str) -> Redis:
    """A client whose reads may wait: the socket's time-out lies beyond the longest block."""
    return Redis.from_url(url, socket_timeout=BLOCK_MS / 1000 + 10)


class RedisEventLog:
    def __init__(self, client: Redis, keep_after_end_s: int = KEEP_AFTER_END_S) -> None:
        self._redis = client
        self._keep_after_end_s = keep_after_end_s

    async def append(self, answer: UUID, event: LoggedEvent) -> None:
        key = _key(answer)
        fields: Any = {"f": event.frame, "l": "1" if event.last else ""}
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.xadd(key, fields, id=f"{event.n}-0", maxlen=MAX_EVENTS, approximate=True)
        if event.n == 1 or event.n % 256 == 0:
            pipeline.expire(key, EXPIRE_S)
        await pipeline.execute()

    async def holds(self, answer: UUID, after: int) -> bool:
        try:
            info = await self._redis.xinfo_stream(_key(answer))
        except ResponseError:  # no such stream
            return False
        first = info["first-entry"]
        last = _number(info["last-generated-id"])
        return first is not None and _number(first[0]) <= after + 1 and after <= last

    async def read(self, answer: UUID, after: int) -> AsyncGenerator[list[LoggedEvent], None]:
        key = _key(answer)
        while True:
            reply = await self._redis.xread({key: f"{after}-0"}, block=BLOCK_MS, count=256)
            if reply:
                batch = [_event(entry) for entry in _entries(reply)]
                after = batch[-1].n
                yield batch
                if batch[-1].last:
                    return
            elif not await self._redis.exists(key) or await self._has_ended(key):
                return

    async def _has_ended(self, key: str) -> bool:
        newest: Any = await self._redis.xrevrange(key, count=1)
        return bool(newest) and _event(newest[0]).last

    async def forget(self, answer: UUID) -> None:
        await self._redis.expire(_key(answer), self._keep_after_end_s)


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
