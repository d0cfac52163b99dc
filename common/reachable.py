"""Services that do not answer at all: neither yes nor no.

A request that waits for one would wait for as long as that lasts, and hold a thread. Who looks at
a service regularly says so here, and everybody else is refused at once until it answers again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# A look takes milliseconds. Longer than a failover's hiccup, shorter than a person's patience.
SILENT_S = 5.0

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
