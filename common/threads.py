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

# Searches are a few milliseconds each and hold the GIL for most of it: more threads would only
# make the token path wait.
_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="blocking")


async def in_thread(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run blocking code with this task's context (language, request id) and database access."""
    context = copy_context()
    work = partial(context.run, _releasing_connections, partial(call, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_pool, work)


def _releasing_connections(call: Callable[[], R]) -> R:
    try:
        return call()
    finally:
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()
