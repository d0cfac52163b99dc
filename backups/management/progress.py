"""How far a command is, on standard error: a line every two seconds."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_EVERY_S = 2.0


class Progress:
    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._told = time.monotonic()

    def __call__(self, what: str, done: int) -> None:
        if time.monotonic() - self._told >= _EVERY_S:
            self._told = time.monotonic()
            self._stream.write(f"{what}: {done}")


@contextmanager
def leaving_at_sigterm() -> Iterator[None]:
    """As at Ctrl-C: what was begun is taken away first."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
