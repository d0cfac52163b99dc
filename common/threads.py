"""Blocking work off the event loop, in a bounded pool of its own.

Not `sync_to_async`'s one thread-sensitive thread, where a slow search would make every other
request wait. After each call, database connections go back to their pool, or stay with their
thread where the settings keep them (CONN_MAX_AGE).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import connections

P = ParamSpec("P")
R = TypeVar("R")

# Such work is a few milliseconds each and holds the GIL for most of it: more threads would only
# make the token path wait.
_readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="blocking")
# Writes are short, and SQLite takes one writer at a time: those that queue here need not poll
# for its lock.
_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writing")
# Looks whether the database answers at all, while the others wait for it.
_watcher = ThreadPoolExecutor(max_workers=1, thread_name_prefix="watching")


async def in_thread(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run blocking code with this task's context (language, request id) and database access."""
    return await _run(_readers, partial(call, *args, **kwargs))


async def in_writer(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """`in_thread` for short transactions that write: one at a time, in the order of calling."""
    return await _run(_writer, partial(call, *args, **kwargs))


async def in_watcher(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """`in_thread` in a thread that nothing else waits for."""
    return await _run(_watcher, partial(call, *args, **kwargs))


async def _run(pool: ThreadPoolExecutor, call: Callable[[], R]) -> R:
    work = partial(copy_context().run, _releasing_connections, call)
    return await asyncio.get_running_loop().run_in_executor(pool, work)


def _releasing_connections(call: Callable[[], R]) -> R:
    try:
        return call()
    finally:
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()
