"""Questions that were sent on, for those they were sent to. The only way to others' enquiries.

Open to whoever curates at least one of the corpora that were searched, and to administrators of
the organisation. Who sends one has chosen to be read; what the answer rests on, they have not: of
that each reader sees what they may read anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, User
from chat.frames import Change
from chat.live import tell_tabs
from chat.models import Enquiry, Message
from common.errors import InvalidInput, NotFound
from documents.selectors import (
    corpora_curated_by,
    corpora_readable_by,
    versions_readable_by,
)
from documents.spans import ReadSpan, Span, read_spans

Status = Enquiry.Status


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Empty values limit nothing."""

    status: str = ""
    corpus: UUID | None = None
    query: str = ""


def enquiries_seen_by(user: User) -> QuerySet[Enquiry]:
    memberships = Membership.objects.filter(user=user, user__is_active=True)
    administered = memberships.filter(role=Membership.Role.ADMIN)
    curated = Enquiry.corpora.through.objects.filter(
        enquiry=OuterRef("pk"), corpus__in=corpora_curated_by(user).order_by()
    )
    return Enquiry.objects.filter(
        Q(organisation__in=administered.values("organisation")) | Exists(curated),
        organisation__in=memberships.values("organisation"),
    ).select_related("asker", "assignee", "replied_by")


def get_enquiry_for(user: User, pk: UUID) -> Enquiry:
    enquiry = (
        enquiries_seen_by(user)
        .filter(pk=pk)
        .select_related("asker", "assignee", "replied_by", "answer__conversation")
        .first()
    )
    if enquiry is None:
        raise NotFound(cause=f"enquiry {pk}")
    return enquiry


def listed_enquiries(user: User, chosen: InboxFilter) -> QuerySet[Enquiry]:
    found = _matching(user, chosen)
    if chosen.status:
        found = found.filter(status=chosen.status)
    return found.order_by("-created_at")


def counts_by_status(user: User, chosen: InboxFilter) -> dict[str, int]:
    """How many enquiries of each status the rest of the filter lets through."""
    found = _matching(user, chosen).order_by().values_list("status")
    return {**dict.fromkeys(Status.values, 0), **dict(found.annotate(Count("pk")))}


def count_open(user: User) -> int:
    return enquiries_seen_by(user).filter(status=Status.OPEN).count()


def _matching(user: User, chosen: InboxFilter) -> QuerySet[Enquiry]:
    found = enquiries_seen_by(user)
    if chosen.query:
        found = found.filter(Q(question__icontains=chosen.query) | Q(note__icontains=chosen.query))
    if chosen.corpus:
        through = Enquiry.corpora.through.objects
        found = found.filter(Exists(through.filter(enquiry=OuterRef("pk"), corpus=chosen.corpus)))
    return found


@dataclass(frozen=True, slots=True)
class Opened:
    """An enquiry with as much around it as its reader may see."""

    enquiry: Enquiry
    corpora: list[str]  # names of those searched that the reader may read
    other_corpora: int  # how many were searched besides
    passages: list[ReadSpan]
    hidden_passages: int
    answer: Message | None  # None: it rests on something that the reader may not read, or is gone


def opened(user: User, enquiry: Enquiry) -> Opened:
    searched = set(enquiry.corpora.values_list("pk", flat=True))
    readable = corpora_readable_by(user).filter(pk__in=searched)
    names = list(readable.values_list("name", flat=True))
    spans = [Span.from_json(values) for values in enquiry.passages]
    passages = read_spans(user, spans)
    return Opened(
        enquiry=enquiry,
        corpora=names,
        other_corpora=len(searched) - len(names),
        passages=passages,
        hidden_passages=len(spans) - len(passages),
        answer=_answer_shown(user, enquiry),
    )


def _answer_shown(user: User, enquiry: Enquiry) -> Message | None:
    """The answer, where its reader may read all that it rests on. What earlier answers of the
    conversation rest on counts too: they stood in the prompt."""
    answer = enquiry.answer
    if answer is None or answer.conversation.deleted_at is not None:
        return None
    versions: set[str] = set()
    message: Message | None = answer
    while message is not None:
        versions |= {passage["version"] for passage in message.passages}
        message = message.parent
    readable = versions_readable_by(user).filter(pk__in=versions).count()
    return answer if readable == len(versions) else None


def reply_to(*, by: User, enquiry: Enquiry, text: str) -> None:
    """Send a reply to the asker, in place of an earlier one."""
    enquiry = get_enquiry_for(by, enquiry.pk)
    if not text.strip():
        raise InvalidInput(field="reply", reason=_("Write a reply."))
    _change(
        enquiry,
        status=Status.ANSWERED,
        reply=text.strip(),
        replied_by=by,
        replied_at=timezone.now(),
        assignee=enquiry.assignee or by,
        unread=True,
    )


def close_enquiry(*, by: User, enquiry: Enquiry) -> None:
    """No (further) reply will come; one that was given stays."""
    _change(get_enquiry_for(by, enquiry.pk), status=Status.CLOSED)


def reopen_enquiry(*, by: User, enquiry: Enquiry) -> None:
    _change(get_enquiry_for(by, enquiry.pk), status=Status.OPEN)


def assign_enquiry(*, by: User, enquiry: Enquiry, to_me: bool) -> None:
    """Take it on, or give it back."""
    _change(get_enquiry_for(by, enquiry.pk), assignee=by if to_me else None)


@transaction.atomic
def _change(enquiry: Enquiry, **fields: object) -> None:
    for name, value in fields.items():
        setattr(enquiry, name, value)
    enquiry.save(update_fields=[*fields, "updated_at"])
    answer = enquiry.answer
    if answer is not None and "status" in fields:
        change: Change = "replied" if "reply" in fields else "enquiry"
        tell_tabs(answer.conversation, change, leaf=answer.pk)
