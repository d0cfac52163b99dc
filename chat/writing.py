"""The pen of one answer: numbered events, text that leaves together, a state to checkpoint."""

from __future__ import annotations

import asyncio
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
    """Context manager: inside it, appended text leaves at once where none has just left, else
    with what else came, FRAME_INTERVAL_S after it. Nothing here waits: neither a slow log nor a
    slow reader ever holds up the model's stream."""

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
        self._left_at = 0.0  # the loop's time when text last left
        self._timer: asyncio.TimerHandle | None = None  # of text that waits to leave

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def announce(self, passages: tuple[frames.PassageView, ...]) -> None:
        """Send the passages; from now on their numbers may be cited."""
        self.passages = passages
        self._resolver = MarkerResolver(known={passage.number for passage in passages})
        self.emit(frames.Passages, passages=passages)

    def cite_first(self, count: int) -> None:
        """Of the passages only the first `count` were sent to the model. Before its first text."""
        self._resolver.known = {passage.number for passage in self.passages[:count]}

    def begin_with(self, text: str) -> None:
        """What is there before the model writes its first."""
        self._pending.append(text)
        self._flush()

    def emit(self, kind: type[frames.AnswerFrame], *, last: bool = False, **fields: Any) -> None:
        self.n += 1
        self._log_frame(kind(answer=self.answer, n=self.n, **fields), last=last)

    def append(self, text: str) -> None:
        """Take text from the model."""
        if not text:
            return
        if self.first_text_at is None:
            self.first_text_at = time.monotonic()
        self._pending.append(text)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            left = self._left_at + FRAME_INTERVAL_S - loop.time()
            if left > 0:
                self._timer = loop.call_later(left, self._flush_late)
            else:
                self._left_at = loop.time()
                self._flush()

    def finish_text(self) -> None:
        """Everything appended so far is in the log when this returns."""
        self._flush(final=True)

    def locate(self, passages: tuple[frames.PassageView, ...]) -> None:
        """The passages again, with the words that they are cited for."""
        self.passages = passages
        views = tuple(citation_view(self._passage(number)) for number in self.cited)
        self.emit(frames.Located, citations=views)

    @property
    def cited(self) -> tuple[int, ...]:
        return tuple(self._resolver.cited)

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.answer, self.n, self.text, self.passages)

    def _flush_late(self) -> None:
        self._timer = None
        self._left_at = asyncio.get_running_loop().time()
        self._flush()

    def _flush(self, *, final: bool = False) -> None:
        raw, self._pending = "".join(self._pending), []
        text = self._resolver.feed(raw) if raw else ""
        if final:
            text += self._resolver.flush()
        for number in self._resolver.cited[self._announced :]:
            self.n += 1
            view = citation_view(self._passage(number))
            self._log_frame(frames.Cited(answer=self.answer, n=self.n, citation=view))
        self._announced = len(self._resolver.cited)
        if text:
            self.n += 1
            self.text += text
            self._log_frame(frames.Text(answer=self.answer, n=self.n, text=text))

    def _passage(self, number: int) -> frames.PassageView:
        return next(passage for passage in self.passages if passage.number == number)

    def _log_frame(self, frame: frames.AnswerFrame, *, last: bool = False) -> None:
        self._log.append(self.answer, LoggedEvent(self.n, frames.encode(frame), last))
