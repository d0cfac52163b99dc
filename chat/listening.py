"""What other web processes tell this one: chat.neighbours says it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from uuid import UUID

from channels.layers import get_channel_layer

from chat.live import show
from chat.neighbours import CHANGE, GROUP, STOP
from chat.runs import PROCESS_ID, runs

logger = logging.getLogger(__name__)


class NeighbourListener:
    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        try:
            while True:
                hear(await layer.receive(channel))
        finally:
            await layer.group_discard(GROUP, channel)


def hear(message: dict[str, str]) -> None:
    if message["type"] == STOP:
        runs.stop(UUID(message["answer"]))
    elif message["type"] == CHANGE and message["process"] != PROCESS_ID:
        show(UUID(message["user"]), message["frame"], origin=message["origin"])
