"""Celery tasks: thin, by id, safe to run twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from documents.building import waiting_generations, work_off
from documents.checking import check, queued_checks
from documents.ingestion import ingest
from documents.models import Document, DocumentVersion, IndexGeneration
from documents.purge import purge_document, purge_documents_deleted_before
from documents.refreshing import refresh_document, stale_documents
from documents.switching import tidy_up

State = DocumentVersion.State

# A message may be lost with its broker; enqueueing twice does no harm (the claim decides), so
# a version that still waits after this long is enqueued again.
ENQUEUE_AGAIN_AFTER = timedelta(minutes=10)
# The task that the change itself enqueues comes first.
REFRESH_AGAIN_AFTER = timedelta(seconds=20)


@shared_task(name="documents.ingest_document")  # type: ignore[untyped-decorator]
def ingest_document(version_id: str) -> None:
    """Bring a queued version online.

    Enqueued by `receive_file`, `retry_version` and the sweep. Idempotent: the row is claimed by a
    conditional UPDATE, so a second delivery finds nothing to do. Failures are kept on the row
    with the time of the next attempt; the sweep enqueues it then. Where the row is gone, it ends
    quietly.
    """
    ingest(UUID(version_id))


@shared_task(name="documents.sweep_ingestion")  # type: ignore[untyped-decorator]
def sweep_ingestion() -> None:
    """Take up what a dead worker left, and enqueue what is due.

    Runs on the schedule. A lease that has run out means that its worker is dead: the row goes
    back to the queue and continues from the step it was at.
    """
    now = timezone.now()
    DocumentVersion.objects.filter(state=State.RUNNING, lease_until__lt=now).update(
        state=State.QUEUED, lease_owner="", lease_until=None, enqueue_at=now
    )
    _enqueue(DocumentVersion.objects.filter(enqueue_at__lte=now))
    missed = stale_documents().filter(stale_since__lt=now - REFRESH_AGAIN_AFTER)
    marked = list(missed.order_by("stale_since").values_list("pk", flat=True))
    # Once in a while alone: a whole corpus may wait, and messages would pile up.
    Document.objects.filter(pk__in=marked).update(stale_since=now + ENQUEUE_AGAIN_AFTER)
    for key in marked:
        refresh_index.delay(str(key))


def take_up_unfinished_work() -> None:
    """At the start of an embedded process: its predecessor's queue and leases died with it."""
    DocumentVersion.objects.filter(state=State.RUNNING).update(
        state=State.QUEUED, lease_owner="", lease_until=None
    )
    _enqueue(DocumentVersion.objects.all())
    long_ago = timezone.now() - ENQUEUE_AGAIN_AFTER
    Document.objects.exclude(stale="").update(refresh_until=None, stale_since=long_ago)
    IndexGeneration.objects.exclude(lease_until=None).update(lease_owner="", lease_until=None)


def _enqueue(versions: QuerySet[DocumentVersion]) -> None:
    queued = versions.filter(state=State.QUEUED, document__deleted_at=None)
    keys = list(queued.order_by("created_at").values_list("pk", flat=True))
    DocumentVersion.objects.filter(pk__in=keys).update(
        enqueue_at=timezone.now() + ENQUEUE_AGAIN_AFTER
    )
    for key in keys:
        ingest_document.delay(str(key))


@shared_task(name="documents.purge_deleted_documents")  # type: ignore[untyped-decorator]
def purge_deleted_documents() -> None:
    """Remove for good what was deleted longer ago than PURGE_AFTER_DAYS: rows, files, vectors.

    Runs daily. Vectors and file go first, the row last, so that an interrupted purge is
    finished by the next one.
    """
    purge_documents_deleted_before(timezone.now() - timedelta(days=settings.PURGE_AFTER_DAYS))


@shared_task(name="documents.purge_deleted_document")  # type: ignore[untyped-decorator]
def purge_deleted_document(document_id: str) -> None:
    """Remove one deleted document for good: vectors and file first, the row last.

    Enqueued by `services.purge_document_now`. Does nothing where the row is gone or was restored
    meanwhile; an interrupted purge is finished by the daily one.
    """
    document = Document.objects.filter(pk=document_id, deleted_at__isnull=False).first()
    if document is not None:
        purge_document(document)


@shared_task(name="documents.refresh_index")  # type: ignore[untyped-decorator]
def refresh_index(document_id: str) -> None:
    """Make the index agree with a document's rows: its title and hints, dates, deletion.

    Enqueued after such a change, which has marked the row, and by the sweep while the mark is
    there. Idempotent: one at a time holds the row's lease, and takes up what changes meanwhile.
    Readers are safe before it runs: every hit is re-read through the selectors.
    """
    refresh_document(UUID(document_id))


@shared_task(name="documents.sweep_index")  # type: ignore[untyped-decorator]
def sweep_index() -> None:
    """Take up generations that are being built, and what was asked of the index in rows.

    Runs on the schedule. Enqueueing twice does no harm: a lease on the generation's row decides,
    and a check is claimed.
    """
    tidy_up()
    for generation in waiting_generations():
        build_index.delay(str(generation.pk))
    for key in queued_checks():
        check_index.delay(str(key))


@shared_task(name="documents.build_index")  # type: ignore[untyped-decorator]
def build_index(generation_id: str) -> None:
    """One turn of building a generation: until a file waits to be ingested, or all is done.

    Enqueued by the sweep, and by itself where there is more to do: it goes behind the files that
    wait. Idempotent per file; where the generation is gone or paused it ends quietly.
    """
    if work_off(UUID(generation_id)):
        build_index.delay(generation_id)


@shared_task(name="documents.check_index")  # type: ignore[untyped-decorator]
def check_index(check_id: str) -> None:
    """Compare the live index with the database for whoever waits at `manage.py verify_index`.

    Enqueued by the sweep. A second delivery finds the row claimed; where it is gone, nobody waits
    any more.
    """
    check(UUID(check_id))
