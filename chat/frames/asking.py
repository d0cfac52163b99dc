"""From the browser to the server."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from ai.lexical import Language
from chat.frames.base import Frame

MAX_QUESTION_CHARACTERS = 4_000
MAX_FILTER_VALUES = 100

Question = Annotated[str, Meta(min_length=1, max_length=MAX_QUESTION_CHARACTERS)]
ClientId = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
EventNumber = Annotated[int, Meta(ge=0)]
Few = Meta(max_length=MAX_FILTER_VALUES)


class Ask(Frame, frozen=True, tag="ask"):
    """A new question. `id` is the browser's own: sent again, it is recognised, not asked twice."""

    id: ClientId
    text: Question
    kind: Literal["chat", "search"] = "chat"
    conversation: UUID | None = None  # null starts one
    corpora: tuple[UUID, ...] = ()  # empty: all that the user may read
    # To what the question is limited besides, in all its versions; empty: to nothing.
    media_types: Annotated[tuple[str, ...], Few] = ()
    documents: Annotated[tuple[UUID, ...], Few] = ()
    languages: Annotated[tuple[Language, ...], Few] = ()
    sections: Annotated[tuple[str, ...], Few] = ()  # outermost headings
    as_of: date | None = None  # what was in force then; null: what is today
    parent: UUID | None = None  # the answer it follows; null: the last of what is shown


class Regenerate(Frame, frozen=True, tag="regenerate"):
    """Another version of an answer, beside it. `id` as in `ask`, here and in the two below."""

    id: ClientId
    answer: UUID


class Edit(Frame, frozen=True, tag="edit"):
    """Another version of a question, beside it, and its answer."""

    id: ClientId
    question: UUID
    text: Question


class Continue(Frame, frozen=True, tag="continue"):
    """Another version of an unfinished answer, which begins with what there is of it."""

    id: ClientId
    answer: UUID


class Watch(Frame, frozen=True, tag="watch"):
    """Read an answer: a snapshot if events up to `after` are not enough, then the tail."""

    answer: UUID
    after: EventNumber = 0


class Stop(Frame, frozen=True, tag="stop"):
    answer: UUID


class Ping(Frame, frozen=True, tag="ping"):
    pass


Asking = Ask | Regenerate | Edit | Continue
ClientFrame = Asking | Watch | Stop | Ping
