"""Events in this process's memory: for one web process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from uuid import UUID

from chat.ports import LoggedEvent

# A reader that reconnects just after the end still finds the tail here.
KEEP_AFTER_END_S = 60.0


@dataclass(slots=True)
class _Log:
    events: list[LoggedEvent] = field(default_factory=list)
    waiting: set[asyncio.Future[None]] = field(default_factory=set)
    gone: bool = False

    def wake(self) -> None:
        for future in self.waiting:
            if not future.done():
                future.set_result(None)
        self.waiting.clear()


class MemoryEventLog:
    def __init__(self, keep_after_end_s: float = KEEP_AFTER_END_S) -> None:
        self._logs: dict[UUID, _Log] = {}
        self._keep_after_end_s = keep_after_end_s

    def append(self, answer: UUID, event: LoggedEvent) -> None:
        log = self._logs.setdefault(answer, _Log())
        log.events.append(event)
        log.wake()

    async def holds(self, answer: UUID, after: int) -> bool:
        log = self._logs.get(answer)
        return log is not None and after <= len(log.events)

    async def read(self, answer: UUID, after: int) -> AsyncGenerator[list[LoggedEvent], None]:
        log = self._logs.get(answer)
        if log is None:
            return
        while True:
            if batch := log.events[after:]:
                after = batch[-1].n
                yield batch
                if batch[-1].last:
                    return
            elif log.gone or (log.events and log.events[-1].last):
                return
            else:
                future = asyncio.get_running_loop().create_future()
                log.waiting.add(future)
                try:
                    await future
                finally:
                    log.waiting.discard(future)

    async def forget(self, answer: UUID) -> None:
        asyncio.get_running_loop().call_later(self._keep_after_end_s, self._drop, answer)

    def _drop(self, answer: UUID) -> None:
        log = self._logs.pop(answer, None)
        if log is not None:
            log.gone = True
            log.wake()
