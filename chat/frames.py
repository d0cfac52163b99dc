"""Everything that crosses the websocket, declared once. docs/protocol.md explains it.

A frame is one JSON object with a `type`; unknown types and unknown fields are refused. Frames
about an answer carry its id and, where they are events, their number `n` in that answer: a
reader that has seen 1..n asks for the rest with `watch` and `after: n`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

MAX_QUESTION_CHARACTERS = 4_000
MAX_FRAME_BYTES = 32_768

Question = Annotated[str, Meta(min_length=1, max_length=MAX_QUESTION_CHARACTERS)]
ClientId = Annotated[str, Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
EventNumber = Annotated[int, Meta(ge=0)]


class Frame(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, tag_field="type"):
    """Base of all frames."""


# --- browser → server ------------------------------------------------------------------------


class Ask(Frame, frozen=True, tag="ask"):
    """A new question. `id` is the browser's own: sent again, it is recognised, not asked twice."""

    id: ClientId
    text: Question
    kind: Literal["chat", "search"] = "chat"
    conversation: UUID | None = None  # null starts one
    corpora: tuple[UUID, ...] = ()  # empty: all that the user may read
    media_types: tuple[str, ...] = ()  # empty: any
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

# --- server → browser ------------------------------------------------------------------------


class PassageView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A passage as readers see it. `url` opens the document on its page, passage marked."""

    number: int
    document: UUID
    version: UUID
    chunk: UUID
    title: str
    corpus: str
    page: int
    page_label: str
    section: str  # path of headings; else the name of the sheet, slide or section
    text: str
    # Spans of the words found, code-point offsets into `text`.
    marks: tuple[tuple[int, int], ...]
    url: str
    start: int
    end: int
    reference: str = ""  # “p. 12”, “p. iv”, “§ 3”; "" in answers from before there was one
    # The words that the answer rests on, code-point offsets into the page's text. Null: not
    # cited, or not looked for yet; empty: the wording was not found.
    cited: tuple[tuple[int, int], ...] | None = None


class CitationView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: int
    url: str
    title: str
    page: int
    reference: str
    cited: tuple[tuple[int, int], ...] | None = None  # as in PassageView


class ApprovedView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who answers for an answer that was not written by a model."""

    id: UUID
    corpus: UUID
    question: str  # as it was approved
    owner: str  # "" where that person is gone
    reviewed_on: date
    review_on: date | None  # the next review
    is_due: bool  # which is past


class Accepted(Frame, frozen=True, tag="accepted"):
    id: str
    conversation: UUID
    question: UUID
    answer: UUID
    title: str


class Snapshot(Frame, frozen=True, tag="snapshot"):
    """The answer as it stands after event `n`."""

    answer: UUID
    n: int
    status: str
    text: str
    passages: tuple[PassageView, ...]
    citations: tuple[CitationView, ...]
    stage: str = ""
    code: str = ""
    sentence: str = ""
    approved: ApprovedView | None = None


class Stage(Frame, frozen=True, tag="stage"):
    """What is being done now; `count` is the number of passages read."""

    answer: UUID
    n: int
    stage: Literal["searching", "reading", "answering"]
    count: int = 0


class Notice(Frame, frozen=True, tag="notice"):
    """What is done about a fault of the model, before the first text; each replaces the last."""

    answer: UUID
    n: int
    code: Literal["waiting", "switched", "trimmed"]
    sentence: str
    retry_after: int = 0  # seconds until the model is asked again, where `code` is waiting


class Approved(Frame, frozen=True, tag="approved"):
    """The answer that follows was approved by a person; before its passages."""

    answer: UUID
    n: int
    approved: ApprovedView


class Passages(Frame, frozen=True, tag="passages"):
    answer: UUID
    n: int
    passages: tuple[PassageView, ...]


class Text(Frame, frozen=True, tag="text"):
    """Text to append. Markers "[3]" in it are citations which exist."""

    answer: UUID
    n: int
    text: str


class Cited(Frame, frozen=True, tag="citation"):
    answer: UUID
    n: int
    citation: CitationView


class Located(Frame, frozen=True, tag="located"):
    """After the text: each citation once more, with the words of its passage that it rests on."""

    answer: UUID
    n: int
    citations: tuple[CitationView, ...]


class UsageReport(Frame, frozen=True, tag="usage"):
    answer: UUID
    n: int
    model: str
    prompt_tokens: int
    completion_tokens: int
    timings: dict[str, int]  # milliseconds per stage


class Done(Frame, frozen=True, tag="done"):
    """The answer is complete; `status` is done or not_found, `code` answer-cut where it ran on."""

    answer: UUID
    n: int
    status: Literal["done", "not_found"] = "done"
    code: str = ""
    sentence: str = ""


class Stopped(Frame, frozen=True, tag="stopped"):
    answer: UUID
    n: int


class Interrupted(Frame, frozen=True, tag="interrupted"):
    """Its process went away; what came is kept."""

    answer: UUID
    n: int


class Failed(Frame, frozen=True, tag="failed"):
    answer: UUID
    n: int
    code: str
    sentence: str


Change = Literal[
    "asked",  # an answer is being written; it is at the end of what is shown
    "shown",  # another version was stepped to
    "renamed",
    "pinned",
    "unpinned",
    "deleted",
    "restored",
    "added",  # a search became a conversation
    "enquiry",  # a question was sent on to people, closed or opened again
    "replied",  # one of them has replied
]


class ConversationChanged(Frame, frozen=True, tag="conversation"):
    """One of the user's conversations changed in another tab, or on another device."""

    conversation: UUID
    change: Change
    title: str
    pinned: bool
    # Where `asked` or `shown`: the answer at the end of what is shown; where `enquiry` or
    # `replied`: the answer that it is about.
    leaf: UUID | None = None


class Refused(Frame, frozen=True, tag="refused"):
    """A frame was not accepted. `id` is that of what was asked for, or the answer's."""

    id: str
    code: str
    sentence: str
    retry_after: int = 0  # seconds


class Pong(Frame, frozen=True, tag="pong"):
    pass


AnswerFrame = (
    Stage
    | Notice
    | Approved
    | Passages
    | Text
    | Cited
    | Located
    | UsageReport
    | Done
    | Stopped
    | Interrupted
    | Failed
)
ServerFrame = Accepted | Snapshot | AnswerFrame | ConversationChanged | Refused | Pong

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ClientFrame)


def encode(frame: ServerFrame) -> str:
    return _encoder.encode(frame).decode()


def decode(text: str | bytes) -> ClientFrame:
    """Raises msgspec.ValidationError or msgspec.DecodeError, which name the field."""
    frame: ClientFrame = _decoder.decode(text)
    return frame
