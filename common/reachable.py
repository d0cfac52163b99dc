"""Services that do not answer at all: neither yes nor no.

A request that waits for one would wait for as long as that lasts, and hold a thread. Who looks at
a service regularly says so here, and everybody else is refused at once until it answers again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from common.errors import Unavailable

logger = logging.getLogger(__name__)

# A look takes milliseconds. Longer than a failover's hiccup, shorter than a person's patience.
SILENT_S = 5.0

T = TypeVar("T")
# How soon who waits learns that a service has fallen silent.
LOOK_S = 0.5

_looks: dict[str, float] = {}  # under way, since when
_clock: Callable[[], float] = time.monotonic


@contextmanager
def looking(service: str) -> Iterator[None]:
    _looks[service] = _clock()
    try:
        yield
    finally:
        _looks.pop(service, None)


def is_silent(service: str) -> bool:
    """Whether it owes an answer for SILENT_S. False where nobody looks."""
    since = _looks.get(service)
    return since is not None and _clock() - since >= SILENT_S


async def while_it_answers(service: str, work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives. Raises Unavailable where the service is silent; work that has begun goes
    on by itself and ends when the service speaks again."""
    if is_silent(service):
        work.close()
        raise Unavailable(component=service, cause="silent")
    task = asyncio.ensure_future(work)
    while not (await _wait(task)):
        if is_silent(service):
            task.add_done_callback(_note_end)
            raise Unavailable(component=service, cause="silent")
    return task.result()


async def _wait(task: asyncio.Future[Any]) -> bool:
    try:
        done, _waiting = await asyncio.wait({task}, timeout=LOOK_S)
    except asyncio.CancelledError:
        task.cancel()
        raise
    return bool(done)


def _note_end(task: asyncio.Future[Any]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.warning("what waited for a silent service failed: %s", error)
