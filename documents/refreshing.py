"""Bringing the index up to what the rows of documents say, without taking them out of the search.

A change marks its rows in the same transaction; the task that follows it, or the sweep where that
task was lost, writes the points over and takes the mark away.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from documents.due import lock_generations, mark_due
from documents.generations import LIVE, live_generation
from documents.indexing import (
    OnProgress,
    Target,
    bring_into,
    standing_of,
    target_of,
)
from documents.leases import LEASE
from documents.models import Document, DocumentVersion

State = DocumentVersion.State
Stale = Document.Stale


def mark_stale(documents: QuerySet[Document], what: Document.Stale) -> None:
    """What the index has to be told of, the live one and those beside it."""
    with transaction.atomic():
        beside = [one for one in lock_generations() if one.state != LIVE]
        mark_stale_in_live(documents, what)
        if beside:
            mark_due(DocumentVersion.objects.filter(document__in=documents), beside, what)


def mark_stale_in_live(documents: QuerySet[Document], what: Document.Stale) -> None:
    """A mark for words covers one for dates, whichever came first."""
    documents.exclude(stale=Stale.VECTORS).update(stale=what)
    documents.update(stale_since=timezone.now())


def stale_documents() -> QuerySet[Document]:
    """Those that can be refreshed now. The words of a file that is on its way are what they were
    when it began, so that new ones wait for its end."""
    under_way = DocumentVersion.objects.filter(
        document=OuterRef("pk"), state__in=[State.QUEUED, State.RUNNING]
    )
    waiting = Q(Exists(under_way), stale=Stale.VECTORS, deleted_at=None)
    free = Q(refresh_until=None) | Q(refresh_until__lt=timezone.now())
    return Document.objects.filter(free).exclude(stale="").exclude(waiting)


def refresh_document(document_id: UUID) -> None:
    """Write the points of a marked document over; what is marked meanwhile, once more.

    One at a time does it, by a lease on the row; it ends with its holder's process.
    """
    if not stale_documents().filter(pk=document_id).update(refresh_until=timezone.now() + LEASE):
        return
    while True:
        document = Document.objects.filter(pk=document_id).exclude(stale="").first()
        if document is None:
            break
        # Asked behind the document's row: a change that came before a switch is due in what was
        # switched to.
        _refresh(document, target_of(live_generation()))
        seen = Document.objects.filter(pk=document_id, stale_since=document.stale_since)
        seen.update(stale="", stale_since=None)
    Document.objects.filter(pk=document_id).update(refresh_until=None)


def rewrite_version(
    version: DocumentVersion, target: Target, on_progress: OnProgress = lambda done, total: None
) -> None:
    """Its passages' vectors anew, out of the rows that there are."""
    bring_into(target, version, on_progress)
    # Deleted or replaced while it was written.
    current = DocumentVersion.objects.select_related("document").filter(pk=version.pk).first()
    if current is not None:
        target.index.set_standing(current.pk, standing_of(current))


def _refresh(document: Document, target: Target) -> None:
    versions = document.versions.filter(state=State.READY).select_related("document")
    for version in versions:
        _extend_lease(document.pk)
        if document.stale == Stale.VECTORS:
            rewrite_version(version, target, partial(_on_batch, document.pk))
        else:
            target.index.set_standing(version.pk, standing_of(version))


def _on_batch(document_id: UUID, done: int, total: int) -> None:
    _extend_lease(document_id)


def _extend_lease(document_id: UUID) -> None:
    Document.objects.filter(pk=document_id).update(refresh_until=timezone.now() + LEASE)
