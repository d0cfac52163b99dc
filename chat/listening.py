"""Stops of answers that another process received and this one writes."""

from __future__ import annotations

import asyncio
import contextlib
from uuid import UUID

from channels.layers import get_channel_layer

from chat.runs import runs
from chat.services import STOPS_GROUP


class StopListener:
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
        await layer.group_add(STOPS_GROUP, channel)
        try:
            while True:
                message = await layer.receive(channel)
                runs.stop(UUID(message["answer"]))
        finally:
            await layer.group_discard(STOPS_GROUP, channel)
