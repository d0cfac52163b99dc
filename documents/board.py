"""The curators' board: documents with the version that matters now, totals and filters.

Built on `documents.selectors` alone, so that nothing shows up here which they would refuse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextChoices,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from documents.models import Document, DocumentVersion
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
# That are offered as a filter; a field of the address takes any other.
MOST_FOLDERS = 300

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
    "time": ["current_took", "title", "pk"],
    "changed": ["current_at", "pk"],
}


@dataclass(frozen=True, slots=True)
class BoardFilter:
    state: str = ""  # a BoardState; empty: every document that is not deleted
    corpus: UUID | None = None
    query: str = ""
    sort: str = "-changed"
    person: UUID | None = None  # who brought the file
    source: UUID | None = None
    folder: str = ""  # with those below it
    media_type: str = ""


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
    documents = _matching(user, chosen).select_related("corpus", "parent", "source", "created_by")
    if chosen.state in _VERSION_STATES:
        documents = documents.filter(current_state__in=_VERSION_STATES[BoardState(chosen.state)])
    key = chosen.sort.removeprefix("-")
    columns = SORTS.get(key, SORTS["changed"])
    backwards = chosen.sort.startswith("-") or key not in SORTS
    return documents.order_by(*(f"-{name}" if backwards else name for name in columns))


@dataclass(frozen=True, slots=True)
class BoardTotals:
    """Of all documents that fit, whatever their state."""

    counts: dict[str, int]  # by BoardState; ALL: those that are not deleted
    pages: int
    waiting: int
    running: int


def board_totals(user: User, chosen: BoardFilter) -> BoardTotals:
    found = (
        _matching(user, replace(chosen, state=""))
        .order_by()
        .values_list("current_state")
        .annotate(Count("pk"), Sum("current_pages"))
    )
    counts = {str(state): 0 for state in BoardState}
    by_state, pages = dict[str, int](), 0
    for state, count, of_state in found:
        counts[_BOARD_STATE[State(state)] if state else BoardState.CANCELLED] += count
        by_state[state] = count
        pages += of_state or 0
    counts[ALL] = sum(counts.values())
    counts[BoardState.DELETED] = _matching(user, replace(chosen, state=BoardState.DELETED)).count()
    waiting, running = by_state.get(State.QUEUED, 0), by_state.get(State.RUNNING, 0)
    return BoardTotals(counts, pages, waiting, running)


@dataclass(frozen=True, slots=True)
class BoardChoices:
    """What the documents can be narrowed down to, in the order it is shown."""

    people: list[tuple[UUID, str]]
    sources: list[tuple[UUID, str]]
    folders: list[str]
    media_types: list[str]


def board_choices(user: User, corpus: UUID | None) -> BoardChoices:
    """Of the corpora that the user curates, or of one of them. Two queries."""
    versions = versions_curated_by(user).select_related(None).order_by()
    if corpus:
        versions = versions.filter(document__corpus=corpus)
    rows = versions.values_list(
        "document__created_by",
        "document__created_by__name",
        "document__source",
        "document__source__address",
        "document__folder",
    ).distinct()
    people, sources, folders = dict[UUID, str](), dict[UUID, str](), set[str]()
    for person, name, source, place, folder in rows:
        if person:
            people[person] = name
        if source:
            sources[source] = place
        if folder:
            folders.add(folder)
    return BoardChoices(
        people=sorted(people.items(), key=lambda each: each[1].casefold()),
        sources=sorted(sources.items(), key=lambda each: each[1].casefold()),
        folders=sorted(folders)[:MOST_FOLDERS],
        media_types=sorted(versions.values_list("media_type", flat=True).distinct()),
    )


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
    current = DocumentVersion.objects.filter(document=OuterRef("pk")).order_by(
        Case(When(state=State.CANCELLED, then=1), default=0, output_field=IntegerField()),
        "-created_at",
    )
    live = DocumentVersion.objects.filter(document=OuterRef("pk"), live=True)
    # One that came back in place of a newer one is as young as that day.
    begun = Greatest(Coalesce("started_at", "created_at"), "created_at")
    took = Coalesce("finished_at", Now()) - begun
    return documents.annotate(
        current=Subquery(current.values("pk")[:1]),
        current_state=Subquery(current.values("state")[:1]),
        current_pages=Subquery(current.values("page_count")[:1]),
        current_at=Subquery(current.values("created_at")[:1]),
        current_took=Subquery(
            current.annotate(took=ExpressionWrapper(took, DurationField())).values("took")[:1]
        ),
        current_type=Subquery(current.values("media_type")[:1]),
        has_live=Exists(live),
    ).filter(_narrowed(chosen))


def _narrowed(chosen: BoardFilter) -> Q:
    wanted = Q()
    if chosen.corpus:
        wanted &= Q(corpus=chosen.corpus)
    if chosen.query:
        wanted &= Q(title__icontains=chosen.query) | Q(source_path__icontains=chosen.query)
    if chosen.person:
        wanted &= Q(created_by=chosen.person)
    if chosen.source:
        wanted &= Q(source=chosen.source)
    if chosen.folder:
        wanted &= Q(folder=chosen.folder) | Q(folder__startswith=f"{chosen.folder}/")
    if chosen.media_type:
        wanted &= Q(current_type=chosen.media_type)
    return wanted
