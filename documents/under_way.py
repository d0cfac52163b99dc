"""Files under way, for the curators of their corpora, and how long the rest may take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.utils import timezone

from accounts.models import User
from documents.models import Chunk, Document, DocumentVersion, IndexGeneration, IngestionPause
from documents.selectors import corpora_curated_by, versions_curated_by

State = DocumentVersion.State

# The pace is that of the last minutes, or since the first of those under way came, and is told
# once so many files have ended in that time.
PACE_WINDOW = timedelta(minutes=10)
FEWEST_FOR_A_PACE = 10


def recent_work(user: User, *, since: datetime) -> QuerySet[Any]:
    """Files under way, and those that ended after `since`; failures first, oldest first.

    A failure that a newer file of the same document has made good is left out. Annotated with
    `has_live`: whether readers see the document, perhaps in an older version.
    """
    newer = DocumentVersion.objects.filter(
        document=OuterRef("document"), created_at__gt=OuterRef("created_at")
    ).exclude(state=State.CANCELLED)
    live = DocumentVersion.objects.filter(document=OuterRef("document"), live=True)
    order = [State.FAILED, State.RUNNING, State.QUEUED, State.READY, State.CANCELLED]
    rank = Case(
        *(When(state=state, then=Value(place)) for place, state in enumerate(order)),
        output_field=IntegerField(),
    )
    return (
        versions_curated_by(user)
        .filter(Q(state__in=[State.QUEUED, State.RUNNING]) | Q(finished_at__gte=since))
        .exclude(Q(state__in=[State.FAILED, State.CANCELLED]) & Exists(newer))
        .annotate(has_live=Exists(live))
        .order_by(rank, "created_at", "pk")
    )


def versions_under_way(user: User, documents: Iterable[Document]) -> QuerySet[DocumentVersion]:
    return versions_curated_by(user).filter(
        document__in=documents, state__in=[State.QUEUED, State.RUNNING]
    )


def passage_counts(versions: Sequence[DocumentVersion]) -> dict[UUID, int]:
    """Passages of each version in the live generation."""
    return dict(
        Chunk.objects.filter(version__in=versions, generation__state=IndexGeneration.State.LIVE)
        .values_list("version")
        .annotate(Count("pk"))
        .order_by()
    )


def time_left(user: User, waiting: int) -> timedelta | None:
    """How long `waiting` files take at the pace of the last minutes; None: too little to go by.

    A pace that slackens is told as such: the time since the last file has ended counts too. None
    as well while a corpus of theirs is paused, or all files wait for a service.
    """
    if not waiting or _is_held(user):
        return None
    now = timezone.now()
    versions = versions_curated_by(user).order_by()
    arrived = versions.filter(state__in=[State.QUEUED, State.RUNNING])
    first = arrived.aggregate(first=Min("created_at"))["first"] or now
    since = max(first, now - PACE_WINDOW)  # before, there may have been nothing to do
    ended = versions.filter(state__in=[State.READY, State.FAILED], finished_at__gte=since).count()
    return (now - since) / ended * waiting if ended >= FEWEST_FOR_A_PACE else None


def _is_held(user: User) -> bool:
    paused = corpora_curated_by(user).exclude(paused_at=None)
    return IngestionPause.objects.exists() or paused.exists()
