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
    if (trace := _listening.get()) is not None:
        trace.note(stage, found)
