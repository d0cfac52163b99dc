"""Bounds a stream, and the silences in it, with two timers and not with one for each read."""

from __future__ import annotations

import asyncio
from typing import Protocol

from ai.errors import ModelTimedOut


class Interruptible(Protocol):
    """A stream whose pending read can be made to raise (aiohttp's StreamReader)."""

    def set_exception(self, exc: BaseException) -> None: ...


class Watchdog:
    """Waits `first_s` for the first sign of life and `gap_s` for each further one, and for all
    of them together not longer than `whole_s`.

    A silence in which nobody reads does not count: a slow reader is not the model's fault.
    """

    def __init__(
        self, stream: Interruptible, *, first_s: float, gap_s: float, whole_s: float
    ) -> None:
        self._stream = stream
        self._loop = asyncio.get_running_loop()
        self._bound_s, self._gap_s = first_s, gap_s
        self._last = self._loop.time()
        self._paused = False
        self._timer = self._loop.call_later(first_s, self._check)
        self.ran_out = False  # of `whole_s`
        self._end = self._loop.call_later(whole_s, self._run_out)

    def alive(self) -> None:
        self._last = self._loop.time()
        if self._bound_s != self._gap_s:
            self.bound(self._gap_s)

    def bound(self, seconds: float) -> None:
        """From now on the silence may last so long."""
        self._bound_s = self._gap_s = seconds
        self._last = self._loop.time()
        self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._check)

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._last = self._loop.time()

    def stop(self) -> None:
        self._timer.cancel()
        self._end.cancel()

    def _run_out(self) -> None:
        self.ran_out = True
        self._timer.cancel()
        self._stream.set_exception(ModelTimedOut(cause="still not at its end"))

    def _check(self) -> None:
        left = self._last + self._bound_s - self._loop.time()
        if self._paused:
            left = self._bound_s
        if left > 0:
            self._timer = self._loop.call_later(left, self._check)
        else:
            self._stream.set_exception(ModelTimedOut(cause=f"silent for {self._bound_s:g} s"))
