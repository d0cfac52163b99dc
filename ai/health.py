"""What this process has seen of the models: each real request is an observation.

A model fails from FAILURES failures in a row on that span FAILING_S, so that one bad answer, or
three in the same second, are no news; it works again from SUCCESSES successes in a row on. What
all processes have made of it is in rows (ai.watching).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from ai.errors import ModelContextTooLong, ModelError

Kind = Literal["chat", "embedding", "reranker"]

FAILURES = 3
FAILING_S = 10.0
SUCCESSES = 2
# Failures that lie further apart have nothing to do with each other.
APART_S = 600.0
# A model that has just failed is asked again, for so long, to find out whether it fails.
SUSPECT_S = 60.0
SUSPECT_EVERY_S = 4.0


class Key(NamedTuple):
    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class FailingModel:
    kind: Kind
    name: str
    code: str
    cause: str
    since: datetime


@dataclass(slots=True)
class _Seen:
    at: float
    failures: int = 0
    first_failed: float = 0.0
    last_failed: float = 0.0
    code: str = ""
    cause: str = ""
    successes: int = 0


class Observations:
    """Of any thread and loop; never waits."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[Key, _Seen] = {}

    def succeeded(self, key: Key, times: int = 1) -> None:
        with self._lock:
            seen = self._of(key)
            seen.failures = 0
            seen.successes += times

    def failed(self, key: Key, error: ModelError) -> None:
        if isinstance(error, ModelContextTooLong):  # says nothing about the model
            return
        now = self._clock()
        with self._lock:
            seen = self._of(key)
            if not seen.failures or now - seen.last_failed > APART_S:
                seen.failures, seen.first_failed = 0, now
            seen.failures += 1
            seen.last_failed, seen.successes = now, 0
            seen.code, seen.cause = error.code, str(error)

    def answered(self, key: Key) -> None:
        """Something of it lives, which says little about its work."""
        with self._lock:
            self._of(key)

    def begin_anew(self, key: Key) -> None:
        """From now on successes count."""
        with self._lock:
            if key in self._seen:
                self._seen[key].successes = 0

    def failure(self, key: Key) -> tuple[str, str, float] | None:
        """Code, cause and for how many seconds, where it fails."""
        seen = self._seen.get(key)
        if seen is None or seen.failures < FAILURES:
            return None
        if seen.last_failed - seen.first_failed < FAILING_S:
            return None
        return seen.code, seen.cause, self._clock() - seen.first_failed

    def works(self, key: Key) -> bool:
        seen = self._seen.get(key)
        return seen is not None and seen.successes >= SUCCESSES

    def is_suspect(self, key: Key) -> bool:
        """It has just failed, and nobody has asked it since."""
        seen = self._seen.get(key)
        if seen is None or not seen.failures:
            return False
        now = self._clock()
        return now - seen.last_failed < SUSPECT_S and now - seen.at >= SUSPECT_EVERY_S

    def is_idle(self, key: Key, for_s: float) -> bool:
        seen = self._seen.get(key)
        return seen is None or self._clock() - seen.at >= for_s

    def forget(self) -> None:
        self._seen.clear()

    def _of(self, key: Key) -> _Seen:
        now = self._clock()
        seen = self._seen.setdefault(key, _Seen(at=now))
        seen.at = now
        return seen


observations = Observations()
_failing: tuple[FailingModel, ...] = ()


@contextmanager
def observed(kind: Kind, name: str) -> Iterator[None]:
    """A request: what it raises of ModelError is a failure, its end a success."""
    try:
        yield
    except ModelError as error:
        observations.failed(Key(kind, name), error)
        raise
    observations.succeeded(Key(kind, name))


def failing() -> tuple[FailingModel, ...]:
    """As this process knows it: looked up every few seconds where somebody watches (web processes),
    empty elsewhere. Asks nothing."""
    return _failing


def now_failing(found: Iterable[FailingModel]) -> None:
    global _failing
    _failing = tuple(found)
