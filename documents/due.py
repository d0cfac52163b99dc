"""Which versions' points a generation still lacks, or has too old: the list that the builder of
documents/building.py works off.

The live generation is written at once, by ingestion and documents/refreshing.py. What they write
there is marked here for the others, in the transaction of the change: a generation that has
nothing due is as good as the live one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils import timezone

from documents.models import Document, DocumentVersion, DueVersion, IndexGeneration

Generation = IndexGeneration.State
Stale = Document.Stale

_ROWS_PER_INSERT = 500


def lock_generations() -> list[IndexGeneration]:
    """Those that count, held until the transaction ends: nobody switches, begins or ends one
    between what is decided and what is marked."""
    kept = IndexGeneration.objects.exclude(state=Generation.REMOVED)
    return list(kept.select_for_update().order_by("pk"))


def mark_due(
    versions: QuerySet[DocumentVersion],
    generations: Iterable[IndexGeneration],
    what: Document.Stale,
) -> int:
    """Have the points of the versions that are ready written in those generations; returns how
    many. What is due already with its words stays so."""
    wanted = list(generations)
    if not wanted:
        return 0
    ready = versions.filter(state=DocumentVersion.State.READY).order_by()
    keys = list(ready.values_list("pk", flat=True))
    for start in range(0, len(keys), _ROWS_PER_INSERT):
        for generation in wanted:
            _mark(generation, keys[start : start + _ROWS_PER_INSERT], what)
    return len(keys)


def _mark(generation: IndexGeneration, versions: Sequence[UUID], what: Document.Stale) -> None:
    now = timezone.now()
    rows = [
        DueVersion(generation=generation, version_id=key, what=what, since=now) for key in versions
    ]
    if what == Stale.VECTORS:
        DueVersion.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["generation", "version"],
            update_fields=["what", "since"],
        )
        return
    DueVersion.objects.bulk_create(rows, ignore_conflicts=True)
    DueVersion.objects.filter(generation=generation, version__in=versions).update(since=now)


def progress_of(generation: IndexGeneration) -> tuple[int, int]:
    """Documents that are written as they are now, of how many."""
    ready = DocumentVersion.objects.filter(state=DocumentVersion.State.READY)
    total = ready.aggregate(n=Count("document", distinct=True))["n"]
    left = generation.due.aggregate(n=Count("version__document", distinct=True))["n"]
    return max(0, total - left), total
