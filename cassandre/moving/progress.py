"""What the operator sees: one line a step, which counts up where somebody watches it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

_WIDTH = 30
_EVERY_S = 0.2

Advance = Callable[[int], None]


class Progress:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._watched = out.isatty()

    def say(self, sentence: str) -> None:
        self._out.write(f"{sentence}\n")
        self._out.flush()

    def step(self, name: str, total: int) -> Bar:
        return Bar(self._out, name, total, watched=self._watched)


class Bar:
    """A context; what is told to it is added up."""

    def __init__(self, out: TextIO, name: str, total: int, *, watched: bool) -> None:
        self._out, self._name, self._total, self._watched = out, name, total, watched
        self._done = 0
        self._drawn_at = 0.0

    def __enter__(self) -> Advance:
        return self.advance

    def advance(self, count: int) -> None:
        self._done += count
        if self._watched and time.monotonic() - self._drawn_at > _EVERY_S:
            self._drawn_at = time.monotonic()
            self._out.write(f"\r{self._line()}")
            self._out.flush()

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        start, end = ("\r" if self._watched else ""), "" if kind is None else "  stopped"
        self._out.write(f"{start}{self._line()}{end}\n")
        self._out.flush()

    def _line(self) -> str:
        share = min(1.0, self._done / self._total) if self._total else 1.0
        bar = "#" * round(_WIDTH * share)
        return f"{self._name:<10} [{bar:<{_WIDTH}}] {self._done:,} of {self._total:,}"
