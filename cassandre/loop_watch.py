"""How late the event loop comes to its work: what every page, frame and token waits for."""

from __future__ import annotations

import asyncio

from common import exposition
from common.metrics import EVENT_LOOP_LAG

LOOK_S = 0.5


class LoopWatch:
    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Nothing is watched where nobody reads it."""
        if exposition.is_on():
            self._task = asyncio.create_task(self._watch())

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + LOOK_S
            await asyncio.sleep(LOOK_S)
            EVENT_LOOP_LAG.observe(max(0.0, loop.time() - due))
