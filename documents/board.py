"""The curators' board: documents with the version that matters now, and the files under way.

Built on `documents.selectors` alone, so that nothing shows up here which they would refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from documents.models import Chunk, Document, DocumentVersion, IndexGeneration
from documents.selectors import (
    deleted_documents_curated_by,
    documents_curated_by,
    versions_curated_by,
)

State = DocumentVersion.State


class BoardState(TextChoices):
    """What a document looks like to its curators."""

    ONLINE = "online", _("Online")
    WORKING = "working", _("In progress")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    DELETED = "deleted", _("Deleted")


# Beside the states in counts.
ALL = "all"

_VERSION_STATES = {
    BoardState.ONLINE: [State.READY],
    BoardState.WORKING: [State.QUEUED, State.RUNNING],
    BoardState.FAILED: [State.FAILED],
    BoardState.CANCELLED: [State.CANCELLED],
}
_BOARD_STATE = {state: board for board, states in _VERSION_STATES.items() for state in states}

# What may be sorted by: the key in the address and the columns.
SORTS = {
    "title": ["title", "pk"],
    "corpus": ["corpus__name", "title", "pk"],
    "pages": ["current_pages", "title", "pk"],
    "changed": ["current_at", "pk"],
}


@dataclass(frozen=True, slots=True)
class BoardFilter:
    state: str = ""  # a BoardState; empty: every document that is not deleted
    corpus: UUID | None = None
    query: str = ""
    sort: str = "-changed"


@dataclass(frozen=True, slots=True)
class BoardRow:
    document: Document
    version: DocumentVersion | None  # the newest one that was not cancelled, else the newest
    has_live: bool  # readers see the document, perhaps in an older version

    @property
    def state(self) -> BoardState:
        if self.document.deleted_at is not None:
            return BoardState.DELETED
        return _BOARD_STATE[State(self.version.state)] if self.version else BoardState.CANCELLED


def board_documents(user: User, chosen: BoardFilter) -> QuerySet[Any]:
    """The documents that fit, sorted, annotated with what `board_rows` needs."""
    documents = _matching(user, chosen)
    if chosen.state in _VERSION_STATES:
        documents = documents.filter(current_state__in=_VERSION_STATES[BoardState(chosen.state)])
    key = chosen.sort.removeprefix("-")
    columns = SORTS.get(key, SORTS["changed"])
    backwards = chosen.sort.startswith("-") or key not in SORTS
    return documents.order_by(*(f"-{name}" if backwards else name for name in columns))


def board_counts(user: User, chosen: BoardFilter) -> dict[str, int]:
    """How many documents each state holds under the same corpus and query; "all": undeleted."""
    present = _matching(user, BoardFilter(corpus=chosen.corpus, query=chosen.query))
    found = present.order_by().values_list("current_state").annotate(Count("pk"))
    counts = {str(state): 0 for state in BoardState}
    for state, count in found:
        counts[_BOARD_STATE[State(state)] if state else BoardState.CANCELLED] += count
    counts[ALL] = sum(counts.values())
    deleted = BoardFilter(state=BoardState.DELETED, corpus=chosen.corpus, query=chosen.query)
    counts[BoardState.DELETED] = _matching(user, deleted).count()
    return counts


def counts_by_corpus(user: User) -> dict[UUID, dict[str, int]]:
    """For each corpus that holds documents: how many in each state, and "all"."""
    found = (
        _matching(user, BoardFilter())
        .order_by()
        .values_list("corpus", "current_state")
        .annotate(Count("pk"))
    )
    counts: dict[UUID, dict[str, int]] = {}
    for corpus, state, count in found:
        of_corpus = counts.setdefault(corpus, dict.fromkeys([ALL, *BoardState.values], 0))
        of_corpus[_BOARD_STATE[State(state)] if state else BoardState.CANCELLED] += count
        of_corpus[ALL] += count
    return counts


def board_rows(documents: Iterable[Any]) -> list[BoardRow]:
    """One query for the versions of all rows; `documents` come from `board_documents`."""
    listed = list(documents)
    wanted = [document.current for document in listed]
    versions = DocumentVersion.objects.in_bulk([pk for pk in wanted if pk])
    return [
        BoardRow(
            document=document,
            version=versions.get(current),
            has_live=document.has_live,
        )
        for document, current in zip(listed, wanted, strict=True)
    ]


def _matching(user: User, chosen: BoardFilter) -> QuerySet[Any]:
    # Any: the annotations are columns that the model's type does not know.
    deleted = chosen.state == BoardState.DELETED
    documents = deleted_documents_curated_by(user) if deleted else documents_curated_by(user)
    if chosen.corpus:
        documents = documents.filter(corpus=chosen.corpus)
    if chosen.query:
        documents = documents.filter(
            Q(title__icontains=chosen.query) | Q(source_path__icontains=chosen.query)
        )
    current = DocumentVersion.objects.filter(document=OuterRef("pk")).order_by(
        Case(When(state=State.CANCELLED, then=1), default=0, output_field=IntegerField()),
        "-created_at",
    )
    live = DocumentVersion.objects.filter(document=OuterRef("pk"), live=True)
    return documents.annotate(
        current=Subquery(current.values("pk")[:1]),
        current_state=Subquery(current.values("state")[:1]),
        current_pages=Subquery(current.values("page_count")[:1]),
        current_at=Subquery(current.values("created_at")[:1]),
        has_live=Exists(live),
    )


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


def passage_counts(versions: Sequence[DocumentVersion]) -> dict[UUID, int]:
    """Passages of each version in the live generation."""
    return dict(
        Chunk.objects.filter(version__in=versions, generation__state=IndexGeneration.State.LIVE)
        .values_list("version")
        .annotate(Count("pk"))
        .order_by()
    )
