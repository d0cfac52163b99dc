"""The pen of one answer: numbered events, text that leaves together, a state to checkpoint."""

from __future__ import annotations

import asyncio
import contextlib
import time
from types import TracebackType
from typing import Any, NamedTuple, Self
from uuid import UUID

from chat import frames
from chat.citations import MarkerResolver
from chat.passages import citation_view
from chat.ports import EventLog, LoggedEvent

# A reader sees no difference below this, and a frame costs as much as fifty tokens of text.
FRAME_INTERVAL_S = 0.04


class Checkpoint(NamedTuple):
    """The answer as it stands after event `n`."""

    answer: UUID
    n: int
    text: str
    passages: tuple[frames.PassageView, ...] = ()


class AnswerWriter:
    """Context manager: inside it, appended text is flushed by a task of its own, the first at
    once and then at most once per FRAME_INTERVAL_S, so that neither a slow log nor a slow
    reader ever holds up the model's stream."""

    def __init__(self, answer: UUID, log: EventLog) -> None:
        self.answer = answer
        self.text = ""
        self.n = 0
        self.passages: tuple[frames.PassageView, ...] = ()
        self.first_text_at: float | None = None  # time.monotonic()
        self._log = log
        self._resolver = MarkerResolver(known=())
        self._announced = 0
        self._pending: list[str] = []
        self._has_text = asyncio.Event()
        self._emitting = asyncio.Lock()  # numbers must reach the log in their order
        self._flusher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._flusher = asyncio.create_task(self._flush_regularly())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._flusher is not None:
            self._flusher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._flusher

    async def announce(self, passages: tuple[frames.PassageView, ...]) -> None:
        """Send the passages; from now on their numbers may be cited."""
        self.passages = passages
        self._resolver = MarkerResolver(known={passage.number for passage in passages})
        await self.emit(frames.Passages, passages=passages)

    def cite_first(self, count: int) -> None:
        """Of the passages only the first `count` were sent to the model. Before its first text."""
        self._resolver.known = {passage.number for passage in self.passages[:count]}

    async def begin_with(self, text: str) -> None:
        """What is there before the model writes its first."""
        self._pending.append(text)
        await self._flush()

    async def emit(
        self, kind: type[frames.AnswerFrame], *, last: bool = False, **fields: Any
    ) -> None:
        async with self._emitting:
            self.n += 1
            await self._log_frame(kind(answer=self.answer, n=self.n, **fields), last=last)

    def append(self, text: str) -> None:
        """Take text from the model; never waits."""
        if not text:
            return
        if self.first_text_at is None:
            self.first_text_at = time.monotonic()
        self._pending.append(text)
        self._has_text.set()

    async def finish_text(self) -> None:
        """Everything appended so far is in the log when this returns."""
        await self._flush(final=True)

    @property
    def cited(self) -> tuple[int, ...]:
        return tuple(self._resolver.cited)

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.answer, self.n, self.text, self.passages)

    async def _flush_regularly(self) -> None:
        while True:
            await self._has_text.wait()
            await self._flush()
            await asyncio.sleep(FRAME_INTERVAL_S)

    async def _flush(self, *, final: bool = False) -> None:
        async with self._emitting:
            self._has_text.clear()
            raw, self._pending = "".join(self._pending), []
            text = self._resolver.feed(raw) if raw else ""
            if final:
                text += self._resolver.flush()
            for number in self._resolver.cited[self._announced :]:
                self.n += 1
                view = citation_view(self._passage(number))
                await self._log_frame(frames.Cited(answer=self.answer, n=self.n, citation=view))
            self._announced = len(self._resolver.cited)
            if text:
                # Number and text change together: a checkpoint between them would lose text.
                self.n += 1
                self.text += text
                await self._log_frame(frames.Text(answer=self.answer, n=self.n, text=text))

    def _passage(self, number: int) -> frames.PassageView:
        return next(passage for passage in self.passages if passage.number == number)

    async def _log_frame(self, frame: frames.AnswerFrame, *, last: bool = False) -> None:
        await self._log.append(self.answer, LoggedEvent(self.n, frames.encode(frame), last))
