"""How a search came to its result, for whoever wants to know why: `with traced() as trace:` around
it. Nobody listening, a note costs one look at a context variable."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from common import tracing
from common.metrics import RETRIEVAL_SECONDS
from documents.ports import IndexHit
from documents.retrieval.asked import Asked
from documents.retrieval.results import FoundPassage


@dataclass(slots=True)
class SearchTrace:
    """Of one search for one question: what each side found, best first, and how it was ordered."""

    asked: Asked | None = None
    words: Sequence[IndexHit] = ()  # passages by their own words
    files: Sequence[IndexHit] = ()  # whole files by theirs
    lexical: Mapping[UUID, float] = field(default_factory=dict)  # both together, by chunk
    dense: Sequence[IndexHit] | None = None  # passages by cosine; None: without vectors
    fused: Mapping[UUID, float] = field(default_factory=dict)  # by chunk
    read: Sequence[FoundPassage] = ()  # in the fused order, as far as their rows were read
    milliseconds: dict[str, float] = field(default_factory=dict)  # by stage
    _since: float = field(default_factory=time.monotonic)

    def note(self, stage: str, found: Mapping[str, Any]) -> None:
        now = time.monotonic()
        spent = (now - self._since) * 1000
        self.milliseconds[stage] = self.milliseconds.get(stage, 0.0) + spent
        self._since = now
        for name, value in found.items():
            setattr(self, name, value)


_listening: ContextVar[SearchTrace | None] = ContextVar("search_trace", default=None)


class _Clock:
    """Of one search, for who counts searches: without what it found."""

    def __init__(self) -> None:
        self.began_at = self._since = time.perf_counter()

    def ended(self, stage: str) -> None:
        now = time.perf_counter()
        RETRIEVAL_SECONDS.observe(now - self._since, stage=stage)
        tracing.past(f"search {stage}", now - self._since)
        self._since = now


_clock: ContextVar[_Clock | None] = ContextVar("search_clock", default=None)


@contextmanager
def timed() -> Iterator[None]:
    """Around a search."""
    clock = _Clock()
    token = _clock.set(clock)
    try:
        yield
        RETRIEVAL_SECONDS.observe(time.perf_counter() - clock.began_at, stage="all")
    finally:
        _clock.reset(token)


@contextmanager
def traced() -> Iterator[SearchTrace]:
    trace = SearchTrace()
    token = _listening.set(trace)
    try:
        yield trace
    finally:
        _listening.reset(token)


def note(stage: str, **found: object) -> None:
    """That `stage` has just ended, with what it found: fields of SearchTrace."""
    if (clock := _clock.get()) is not None:
        clock.ended(stage)
    if (trace := _listening.get()) is not None:
        trace.note(stage, found)
