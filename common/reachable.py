"""Services that have not answered for a while.

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
from common.outage import outage_behind

logger = logging.getLogger(__name__)

# A look takes milliseconds. Longer than a failover's hiccup, shorter than a person's patience.
SILENT_S = 5.0

T = TypeVar("T")
_NAMES = {"database": "PostgreSQL"}  # as people read them
# How soon who waits learns that a service has fallen silent.
LOOK_S = 0.5

_owing: dict[str, float] = {}  # an answer, since when
_clock: Callable[[], float] = time.monotonic


@contextmanager
def looking(service: str) -> Iterator[None]:
    """A look at the service, which does nothing else. Where it fails because the service is away,
    it owes an answer until a later look succeeds: meanwhile nobody need wait for it."""
    _owing.setdefault(service, _clock())
    try:
        yield
    except BaseException as error:
        if outage_behind(error) is None:
            _owing.pop(service, None)
        raise
    _owing.pop(service, None)


def is_silent(service: str) -> bool:
    """Whether it owes an answer for SILENT_S. False where nobody looks."""
    since = _owing.get(service)
    return since is not None and _clock() - since >= SILENT_S


async def while_it_answers(service: str, work: Coroutine[Any, Any, T]) -> T:
    """What `work` gives. Raises Unavailable where the service is silent; work that has begun goes
    on by itself and ends when the service speaks again."""
    if is_silent(service):
        work.close()
        raise Unavailable(component=_NAMES.get(service, service), cause="silent")
    task = asyncio.ensure_future(work)
    while not (await _wait(task)):
        if is_silent(service):
            task.add_done_callback(_note_end)
            raise Unavailable(component=_NAMES.get(service, service), cause="silent")
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
