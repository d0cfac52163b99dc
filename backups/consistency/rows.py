"""Rows that do not fit each other. Each question is one query, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Length
from django.utils import timezone

from backups.consistency.findings import Kind, Report
from backups.tables import all_rows
from chat.models import Citation, Conversation, Message
from chat.sweeping import interrupt_dead_answers
from documents.due import lock_generations, mark_due
from documents.generations import live_generation
from documents.leases import take_up
from documents.models import (
    ApprovedPassage,
    Chunk,
    Corpus,
    Document,
    DocumentVersion,
    IndexGeneration,
    Page,
    Source,
)

State = DocumentVersion.State

# Leases are seconds long, and sweeps take up what has lost its own every few seconds.
SURELY_LOST = timedelta(minutes=10)


def compare_rows(report: Report, *, mend: bool) -> None:
    for model in (Corpus, Document, DocumentVersion, Page, Chunk, Conversation, Citation):
        report.counts[str(model._meta.model_name)] = all_rows(model).count()
    _online(report, mend=mend)
    _live(report)
    _citations(report)
    _leases(report, mend=mend)
    _references(report)


def _found(report: Report, kind: Kind, rows: QuerySet[Any], mended: Callable[[], int]) -> None:
    """`mended` is called where there are some, and says how many it has mended."""
    count = rows.count()
    if not count:
        return
    examples = [str(key) for key in rows.order_by("pk").values_list("pk", flat=True)[:10]]
    repaired = mended()
    for example in examples:
        report.add(kind, example, count=0)
    report.findings[kind].count += count
    report.findings[kind].repaired += repaired


def _nothing() -> int:
    return 0


def _online(report: Report, *, mend: bool) -> None:
    online = DocumentVersion.objects.filter(state=State.READY, live=True)
    online = online.filter(document__deleted_at=None)
    pages = Page.objects.filter(version=OuterRef("pk"))
    empty = online.filter(~Exists(pages))

    def read_again() -> int:
        fields = {"state": State.QUEUED, "step": DocumentVersion.Step.EXTRACT, "attempts": 0}
        return DocumentVersion.objects.filter(pk__in=list(_keys(empty))).update(**fields)

    _found(report, Kind.ONLINE_WITHOUT_PAGES, empty, read_again if mend else _nothing)
    generation = live_generation()
    chunks = Chunk.objects.filter(version=OuterRef("pk"), generation=generation)
    worded = pages.filter(text__regex=r"\S")
    waiting = generation.due.values("version")
    uncut = online.filter(~Exists(chunks), Exists(worded)).exclude(pk__in=waiting)

    @transaction.atomic
    def cut() -> int:
        kept = [one for one in lock_generations() if one.pk == generation.pk]
        return mark_due(uncut, kept, Document.Stale.VECTORS)

    _found(report, Kind.ONLINE_WITHOUT_PASSAGES, uncut, cut if mend else _nothing)


def _live(report: Report) -> None:
    several = Document.objects.annotate(n=Count("versions", filter=Q(versions__live=True)))
    _found(report, Kind.SEVERAL_LIVE, several.filter(n__gt=1), _nothing)
    live = IndexGeneration.objects.filter(state=IndexGeneration.State.LIVE)
    if live.count() > 1:
        _found(report, Kind.SEVERAL_LIVE, live, _nothing)


def _citations(report: Report) -> None:
    """The quote itself is kept with each, so that a reader loses the way there and no more."""
    ready = Q(version__state=State.READY)
    for model in (Citation, ApprovedPassage):
        there = Page.objects.annotate(length=Length("text")).filter(
            version=OuterRef("version"), number=OuterRef("page"), length__gte=OuterRef("end")
        )
        cited = all_rows(model).filter(ready)
        nowhere = cited.filter(~Exists(there) | Q(start__gte=F("end")))
        _found(report, Kind.CITATION_NOWHERE, nowhere, _nothing)


def _leases(report: Report, *, mend: bool) -> None:
    long_ago = timezone.now() - SURELY_LOST
    lost = Q(lease_until=None) | Q(lease_until__lt=long_ago)
    versions = DocumentVersion.objects.filter(lost, state=State.RUNNING)
    sources = Source.objects.filter(lost, state=Source.State.RUNNING)
    building = IndexGeneration.objects.filter(lease_until__lt=long_ago)
    answers = Message.objects.filter(
        Q(heartbeat=None) | Q(heartbeat__lt=long_ago), status=Message.Status.STREAMING
    )

    def take_versions_up() -> int:
        keys = list(_keys(versions))
        take_up(DocumentVersion.objects.filter(pk__in=keys))
        return len(keys)

    def give(rows: QuerySet[Any], **fields: object) -> Callable[[], int]:
        return lambda: rows.update(lease_owner="", lease_until=None, **fields)

    ways: Iterable[tuple[QuerySet[Any], Callable[[], int]]] = (
        (versions, take_versions_up),
        (sources, give(sources, state=Source.State.QUEUED, next_at=timezone.now())),
        (building, give(building)),
        (answers, interrupt_dead_answers),
    )
    for rows, mended in ways:
        _found(report, Kind.LEASE_TOO_OLD, rows, mended if mend else _nothing)


def _references(report: Report) -> None:
    """PostgreSQL lets none arise; SQLite looks through all tables."""
    if connection.vendor != "sqlite":
        return
    try:
        connection.check_constraints()
    except IntegrityError as error:
        report.add(Kind.ROW_WITHOUT_ROW, str(error)[:300])


def _keys(rows: QuerySet[Any]) -> Any:
    return rows.values_list("pk", flat=True)
