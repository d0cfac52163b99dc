"""From the server to the browser."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from chat.frames.base import Frame
from chat.frames.views import ApprovedView, BannerView, CitationView, PassageView


class Accepted(Frame, frozen=True, tag="accepted"):
    id: str
    conversation: UUID
    question: UUID
    answer: UUID
    title: str
    as_of: date | None = None  # of the question, as in `ask`


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
    as_of: date | None = None  # of the question, as in `ask`


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


class Banners(Frame, frozen=True, tag="banners"):
    """What is wrong with the installation now, worst first; takes the place of the last."""

    banners: tuple[BannerView, ...]


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
ServerFrame = Accepted | Snapshot | AnswerFrame | ConversationChanged | Banners | Refused | Pong
