"""The only way to approved answers for those who keep them, and to one's own corrections."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from common.errors import NotFound
from documents.models import ApprovedAnswer
from documents.selectors import corpora_curated_by

Status = ApprovedAnswer.Status
DUE = "due"  # beside the states: served, but its review date is past


@dataclass(frozen=True, slots=True)
class ApprovedFilter:
    """Empty values limit nothing."""

    status: str = ""  # of ApprovedAnswer.Status, or DUE
    corpus: UUID | None = None
    query: str = ""


def approved_curated_by(user: User) -> QuerySet[ApprovedAnswer]:
    return ApprovedAnswer.objects.filter(corpus__in=corpora_curated_by(user)).select_related(
        "corpus", "owner", "author", "reviewed_by"
    )


def get_approved_for_curator(user: User, pk: UUID) -> ApprovedAnswer:
    found = approved_curated_by(user).filter(pk=pk).prefetch_related("passages").first()
    if found is None:
        raise NotFound(cause=f"approved answer {pk}")
    return found


def listed_approved(user: User, chosen: ApprovedFilter) -> QuerySet[ApprovedAnswer]:
    found = _matching(user, chosen)
    if chosen.status == DUE:
        found = found.filter(_due())
    elif chosen.status:
        found = found.filter(status=chosen.status)
    return found.order_by("-updated_at")


def counts_by_status(user: User, chosen: ApprovedFilter) -> dict[str, int]:
    """How many of each state, and how many are due, the rest of the filter lets through."""
    found = _matching(user, chosen).order_by()
    counts = {
        **dict.fromkeys(Status.values, 0),
        **dict(found.values_list("status").annotate(Count("pk"))),
    }
    return {**counts, DUE: found.filter(_due()).count()}


def count_waiting(user: User) -> int:
    """Drafts, and those to be reviewed."""
    waiting = approved_curated_by(user).filter(status__in=[Status.DRAFT, Status.TO_REVIEW])
    return waiting.order_by().count()


def corrections_by(user: User) -> QuerySet[ApprovedAnswer]:
    """What a reader has proposed, the latest first."""
    return ApprovedAnswer.objects.filter(
        author=user, author__is_active=True, origin=ApprovedAnswer.Origin.CORRECTION
    ).order_by("-created_at")


def _due() -> Q:
    return Q(status=Status.APPROVED, review_on__lt=timezone.localdate())


def _matching(user: User, chosen: ApprovedFilter) -> QuerySet[ApprovedAnswer]:
    found = approved_curated_by(user)
    if chosen.query:
        found = found.filter(
            Q(question__icontains=chosen.query)
            | Q(alternatives__icontains=chosen.query)
            | Q(text__icontains=chosen.query)
        )
    return found.filter(corpus=chosen.corpus) if chosen.corpus else found
