"""What other web processes tell this one: chat.neighbours says it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from uuid import UUID

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from chat.live import show
from chat.neighbours import CHANGE, GROUP, STOP
from chat.runs import PROCESS_ID, runs

logger = logging.getLogger(__name__)

# Until Redis, which did not answer, is asked again.
AGAIN_S = 2.0


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
        while True:
            try:
                await self._listen_once()
            except (OSError, RedisError) as error:
                logger.warning("the neighbours cannot be heard, tried again: %s", error)
                await asyncio.sleep(AGAIN_S)

    async def _listen_once(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        try:
            while True:
                hear(await layer.receive(channel))
        finally:
            with contextlib.suppress(OSError, RedisError):
                await layer.group_discard(GROUP, channel)


def hear(message: dict[str, str]) -> None:
    if message["type"] == STOP:
        runs.stop(UUID(message["answer"]))
    elif message["type"] == CHANGE and message["process"] != PROCESS_ID:
        show(UUID(message["user"]), message["frame"], origin=message["origin"])
