"""What the chat app asks of the outside world: a log of an answer's events."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import NamedTuple, Protocol
from uuid import UUID


class LoggedEvent(NamedTuple):
    n: int  # 1, 2, 3, ... without a gap
    frame: str  # the encoded AnswerFrame
    last: bool  # nothing follows


class EventLog(Protocol):
    """Numbered events of running answers, readable from any number by any number of readers."""

    def append(self, answer: UUID, event: LoggedEvent) -> None:
        """In the running loop; never waits."""

    async def holds(self, answer: UUID, after: int) -> bool:
        """Whether a reader that has seen 1..after can read on from here without a gap."""

    def read(self, answer: UUID, after: int) -> AsyncGenerator[list[LoggedEvent], None]:
        """Batches of events after `after`, waiting for more, until the last one was yielded.

        Ends early, without a last event, where the log goes away, or where it may no longer be
        written to and was silent for a while: then the database tells.
        """

    async def forget(self, answer: UUID) -> None:
        """The answer is in the database: the log may go after a time for late readers."""
