"""What the list of questions and the page of one of them show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from accounts.http import AuthenticatedRequest
from accounts.models import User
from backoffice.paging import Address, page_of, sort_links
from backoffice.requests import turn_filter
from chat.models import Message, TurnLog
from chat.notices import notice_fields
from chat.passages import reference_of
from chat.rendering import answer_html, passage_html
from chat.replays import shown_status
from chat.turnlog import LoggedPassage, notices_of, passages_of
from chat.turns import TurnFilter, counts_by_status, listed_turns
from documents.selectors import corpora_curated_by

Status = Message.Status

# Always offered as a filter; the others only while there are such turns.
_ALWAYS_OFFERED = (Status.NOT_FOUND, Status.FAILED, Status.STOPPED)
_LABELS: dict[str, Promise] = {
    Status.DONE: pgettext_lazy("one question", "Answered"),
    Status.NOT_FOUND: gettext_lazy("Not found"),
    Status.FAILED: gettext_lazy("Failed"),
    Status.STOPPED: gettext_lazy("Stopped"),
    Status.INTERRUPTED: gettext_lazy("Interrupted"),
    Status.STREAMING: gettext_lazy("Being written"),
}


def turns_context(request: AuthenticatedRequest) -> dict[str, Any]:
    chosen = turn_filter(request.GET)
    address = Address(request.GET)
    counts = counts_by_status(request.user, chosen)
    columns = {"created": _("Date"), "first": _("First words"), "total": _("In all")}
    page = page_of(listed_turns(request.user, chosen), request.GET)
    links = sort_links(address, chosen.sort, columns)
    return {
        "chosen": chosen,
        "is_filtered": bool(chosen.query or chosen.corpus or chosen.status),
        "corpora": list(corpora_curated_by(request.user)),
        "tabs": _tabs(chosen, counts, address),
        "sorts": {link["key"]: link for link in links},
        "page": page,
        "rows": [row_view(turn) for turn in page.object_list],
        "export_query": address.with_(),
    }


def _tabs(
    chosen: TurnFilter, counts: Mapping[str, int], address: Address
) -> list[dict[str, object]]:
    all_ = {"label": pgettext("questions", "All"), "count": sum(counts.values()), "status": ""}
    each = [
        {"label": label, "count": counts[status], "status": status}
        for status, label in _LABELS.items()
        if status in _ALWAYS_OFFERED or counts[status] or chosen.status == status
    ]
    return [
        {
            **tab,
            "href": address.with_(status=tab["status"]),
            "current": chosen.status == tab["status"],
        }
        for tab in (all_, *each)
    ]


def row_view(turn: TurnLog) -> dict[str, Any]:
    return {
        "turn": turn,
        "corpora": ", ".join(corpus.name for corpus in turn.corpora.all()),
        "status": turn.status,
        "label": _LABELS[turn.status],
        "first_ms": turn.timings.get("first_text"),
        "total_ms": turn.timings.get("total"),
    }


EXPORT_HEAD = (
    gettext_lazy("Date"),
    gettext_lazy("Question"),
    gettext_lazy("Corpora"),
    gettext_lazy("Model"),
    gettext_lazy("State"),
    gettext_lazy("First words (ms)"),
    gettext_lazy("In all (ms)"),
    gettext_lazy("Tokens of the prompt"),
    gettext_lazy("Tokens of the answer"),
    gettext_lazy("Cost"),
)


def export_rows(user: User, chosen: TurnFilter) -> Iterable[list[object]]:
    for turn in listed_turns(user, chosen):
        row = row_view(turn)
        yield [
            f"{timezone.localtime(turn.created_at):%Y-%m-%d %H:%M}",
            turn.question,
            row["corpora"],
            turn.model,
            row["label"],
            row["first_ms"],
            row["total_ms"],
            turn.prompt_tokens,
            turn.completion_tokens,
            turn.cost,
        ]


@dataclass(frozen=True, slots=True)
class PassageRow:
    number: int
    title: str
    corpus: str
    reference: str
    section: str
    html: SafeString
    url: str
    score: float | None
    is_cited: bool
    was_sent: bool
    other: int | None  # its number in the result beside; None: not there
    is_compared: bool


@dataclass(frozen=True, slots=True)
class Result:
    """One side of the page: how the question was answered, the first time or again."""

    turn: TurnLog
    status: str
    label: str | Promise
    title: str
    html: SafeString
    passages: list[PassageRow]
    stages: list[tuple[str, int]]
    notices: list[str]

    @property
    def is_running(self) -> bool:
        return self.status == Status.STREAMING

    @property
    def is_lost(self) -> bool:
        return _is_lost(self.turn, self.status)

    @property
    def evidence_percent(self) -> int | None:
        return None if self.turn.evidence is None else round(100 * self.turn.evidence)


def result_label(turn: TurnLog) -> str:
    """What was changed of a replay: “Model: gpt-4o”."""
    match turn.change:
        case TurnLog.Change.MODEL:
            return _("Model: %(model)s") % {"model": turn.model_asked}
        case TurnLog.Change.PASSAGES:
            return _("Passages: %(count)s") % {"count": turn.passages_read}
        case TurnLog.Change.INSTRUCTIONS:
            return _("Other instructions")
        case _:
            return _("As it was answered")


def result_of(turn: TurnLog, *, beside: TurnLog | None = None) -> Result:
    passages = passages_of(turn)
    status = shown_status(turn)
    others = None if beside is None else {p.view.chunk: p.view.number for p in passages_of(beside)}
    return Result(
        turn=turn,
        status=status.value,
        label=_LABELS[status],
        title=result_label(turn),
        html=answer_html(turn.text, [passage.view for passage in passages]),
        passages=[
            _passage(passage, turn.cited, others, was_sent=passage.sent or _is_lost(turn, status))
            for passage in passages
        ],
        stages=_stages(turn.timings),
        notices=[notice_fields(notice)["sentence"] for notice in notices_of(turn)],
    )


def _passage(
    passage: LoggedPassage,
    cited: Iterable[int],
    others: Mapping[UUID, int] | None,
    *,
    was_sent: bool,
) -> PassageRow:
    view = passage.view
    return PassageRow(
        number=view.number,
        title=view.title,
        corpus=view.corpus,
        reference=reference_of(view),
        section=view.section,
        html=passage_html(view),
        url=view.url,
        score=passage.score,
        is_cited=view.number in cited,
        was_sent=was_sent,
        other=others.get(view.chunk) if others else None,
        is_compared=others is not None,
    )


def _is_lost(turn: TurnLog, status: str) -> bool:
    """Its process died, and took with it what it had not saved."""
    return status == Status.INTERRUPTED and not turn.timings


def _stages(timings: Mapping[str, int]) -> list[tuple[str, int]]:
    """Each stage with its own milliseconds, then all of them together."""
    before = {
        _("Making the question stand alone"): timings.get("rewrite"),
        _("Search"): timings.get("search"),
    }
    stages = [(name, ms) for name, ms in before.items() if ms is not None]
    total, first = timings.get("total"), timings.get("first_text")
    if total is not None and first is not None:
        spent = sum(ms for _name, ms in stages)
        stages += [(_("Waiting for the first words"), max(0, first - spent))]
        stages += [(_("Writing"), max(0, total - first))]
    if total is not None:
        stages.append((_("In all"), total))
    return stages
