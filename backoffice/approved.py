"""What the list of approved answers shows, and what a new one begins with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from accounts.http import AuthenticatedRequest
from accounts.models import User
from backoffice.paging import Address, page_of
from backoffice.requests import approved_filter, uuids
from chat.inbox import get_enquiry_for, opened
from chat.models import Message
from chat.turnlog import passages_of
from chat.turns import get_turn_for
from documents.approved_selectors import (
    DUE,
    ApprovedFilter,
    counts_by_status,
    listed_approved,
)
from documents.approved_services import without_markers
from documents.models import ApprovedAnswer
from documents.selectors import corpora_curated_by
from documents.spans import ReadSpan, Span, read_spans

Status = ApprovedAnswer.Status
Origin = ApprovedAnswer.Origin
_REVIEW_AFTER = timedelta(days=365)

_TABS: dict[str, Promise] = {
    Status.APPROVED: pgettext_lazy("approved answers", "Approved"),
    Status.DRAFT: pgettext_lazy("approved answers", "Drafts"),
    Status.TO_REVIEW: gettext_lazy("To review"),
    DUE: pgettext_lazy("approved answers", "Due"),
    Status.RETIRED: pgettext_lazy("approved answers", "Retired"),
}

EXPORT_HEAD = (
    gettext_lazy("Question"),
    gettext_lazy("Other wordings"),
    gettext_lazy("Answer"),
    gettext_lazy("Corpus"),
    gettext_lazy("State"),
    gettext_lazy("Owner"),
    gettext_lazy("Reviewed on"),
    gettext_lazy("To be reviewed by"),
    gettext_lazy("Passages"),
)


def approved_context(request: AuthenticatedRequest) -> dict[str, Any]:
    chosen, address = approved_filter(request.GET), Address(request.GET)
    page = page_of(listed_approved(request.user, chosen), request.GET)
    counts = counts_by_status(request.user, chosen)
    return {
        "chosen": chosen,
        "corpora": list(corpora_curated_by(request.user)),
        "tabs": _tabs(chosen, counts, address),
        "page": page,
        "rows": page.object_list,
        "export_query": address.with_(),
    }


def _tabs(chosen: ApprovedFilter, counts: Mapping[str, int], address: Address) -> list[Any]:
    total = sum(count for status, count in counts.items() if status != DUE)
    all_ = {"label": pgettext("approved answers", "All"), "count": total, "status": ""}
    each = [
        {"label": label, "count": counts[status], "status": status}
        for status, label in _TABS.items()
    ]
    return [
        {
            **tab,
            "href": address.with_(status=tab["status"]),
            "current": chosen.status == tab["status"],
        }
        for tab in (all_, *each)
    ]


def export_rows(user: User, chosen: ApprovedFilter) -> Iterable[list[object]]:
    for approved in listed_approved(user, chosen).prefetch_related("passages"):
        reviewed = approved.reviewed_at
        yield [
            approved.question,
            "\n".join(approved.alternatives),
            approved.text,
            approved.corpus.name,
            approved.get_status_display(),
            approved.owner or "",
            f"{timezone.localdate(reviewed):%Y-%m-%d}" if reviewed else "",
            approved.review_on or "",
            "\n".join(f"[{p.number}] {p.title}, {p.page}" for p in approved.passages.all()),
        ]


def next_review() -> date:
    return timezone.localdate() + _REVIEW_AFTER


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a new approved answer is made of."""

    question: str = ""
    text: str = ""
    corpus: UUID | None = None
    passages: dict[int, Span] = field(default_factory=dict)
    origin: str = Origin.SCRATCH
    source: UUID | None = None


def beginning(user: User, query: QueryDict) -> Beginning:
    """Of an answer that the user may see the log of, of an enquiry sent to them, or of nothing."""
    for answer in uuids(query.getlist("answer")[:1]):
        return _of_answer(user, answer)
    for enquiry in uuids(query.getlist("enquiry")[:1]):
        return _of_enquiry(user, enquiry)
    return Beginning(corpus=next(iter(uuids(query.getlist("corpus")[:1])), None))


def _of_answer(user: User, answer: UUID) -> Beginning:
    turn = get_turn_for(user, answer)
    cited = [each.view for each in passages_of(turn) if each.view.number in turn.cited]
    numbers = {Span(v.version, v.page, v.start, v.end): v.number for v in cited}
    read = {numbers[each.span]: each for each in read_spans(user, numbers)}
    text = "" if turn.status == Message.Status.NOT_FOUND else turn.text
    return _begin(user, turn.question, text, read, origin=Origin.ANSWER, source=answer)


def _of_enquiry(user: User, pk: UUID) -> Beginning:
    shown = opened(user, get_enquiry_for(user, pk))
    enquiry = shown.enquiry
    read = dict(enumerate(shown.passages, start=1)) if enquiry.reply else {}
    return _begin(
        user,
        enquiry.question,
        enquiry.reply,
        read,
        origin=Origin.ENQUIRY,
        source=enquiry.answer_id,
    )


def _begin(
    user: User, question: str, text: str, read: Mapping[int, ReadSpan], **origin: Any
) -> Beginning:
    """In the corpus that most of its passages are of; those of others are left out."""
    curated = corpora_curated_by(user)
    counts = Counter(each.corpus for each in read.values())
    known = set(curated.filter(pk__in=counts).values_list("pk", flat=True))
    corpus = next((pk for pk, _count in counts.most_common() if pk in known), None)
    kept = {number: each.span for number, each in read.items() if each.corpus == corpus}
    return Beginning(
        question=" ".join(question.split())[:500],
        text=without_markers(text, kept),
        corpus=corpus,
        passages=kept,
        **origin,
    )
