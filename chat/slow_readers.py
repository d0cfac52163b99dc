"""A bound for each frame that a reader takes, with one timer for all of them: one for each frame
would be a twelfth of what a token costs."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, cast


class SlowReaderWatch:
    """Raises TimeoutError in the task that entered it where something that it `began` has not
    `ended` after `limit_s`."""

    def __init__(self, limit_s: float) -> None:
        self._expired = False
        self._limit_s = limit_s
        self._loop = asyncio.get_running_loop()
        self._task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._cancelling = self._task.cancelling()
        self._since: float | None = None

    def __enter__(self) -> SlowReaderWatch:
        self._timer = self._loop.call_later(self._limit_s, self._look)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if not self._expired:
            return
        # Cancelled by others too, it stays so: as asyncio.timeout() has it.
        if self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def began(self) -> None:
        self._since = self._loop.time()

    def ended(self) -> None:
        self._since = None

    def _look(self) -> None:
        now = self._loop.time()
        since = now if self._since is None else self._since
        if now - since < self._limit_s:
            self._timer = self._loop.call_at(since + self._limit_s, self._look)
        else:
            self._expired = True
            self._task.cancel()
