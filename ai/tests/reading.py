"""How the tests read a stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from ai.ports import ChatModel, ChatRequest, ModelEvent, TextDelta


async def events_of(
    model: ChatModel, request: ChatRequest, into: list[ModelEvent] | None = None
) -> list[ModelEvent]:
    """`into` keeps what came before an error."""
    events = [] if into is None else into
    async with aclosing(model.stream(request)) as stream:
        async for event in stream:
            events.append(event)
    return events


def text_in(events: list[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def until(condition: Callable[[], bool]) -> None:
    """Waits for what happens in the server's thread."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 (another thread makes it true)
            await asyncio.sleep(0.01)
