"""Celery tasks: thin, by id, safe to run twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from documents.adapters.registry import flush_indexes, indexes_in_doubt
from documents.building import waiting_generations, work_off
from documents.checking import ask_for_repair, check, queued_checks
from documents.ingestion import work_off_queue
from documents.leases import take_up
from documents.models import Document, DocumentVersion, IndexGeneration
from documents.purge import purge_document, purge_documents_deleted_before
from documents.queueing import someone_waits
from documents.refreshing import refresh_document, stale_documents
from documents.switching import tidy_up

State = DocumentVersion.State

# Work that waits is announced again and again, since a message may be lost with its broker; while
# all workers are busy such messages must not pile up before the other tasks.
_ANNOUNCED_FOR_S = 60
REFRESH_AGAIN_AFTER = timedelta(minutes=10)
# The task that the change itself enqueues comes first.
_REFRESH_FIRST_AFTER = timedelta(seconds=20)


@shared_task(  # type: ignore[untyped-decorator]
    name="documents.ingest_waiting", expires=_ANNOUNCED_FOR_S
)
def ingest_waiting() -> None:
    """Bring waiting files online, in the order of documents/queueing.py, for one turn.

    Enqueued by whatever queues a file, by the sweep while files wait, and by itself behind a turn
    that did not come to the end. It names no file: each is claimed by a conditional UPDATE, so
    that any number of workers share the queue, and a message too many finds nothing to do.
    """
    if work_off_queue():
        ingest_waiting.delay()


@shared_task(name="documents.sweep_ingestion")  # type: ignore[untyped-decorator]
def sweep_ingestion() -> None:
    """Take up what a dead worker left, and announce what waits.

    Runs on the schedule. A lease that has run out means that its worker is dead: the row goes
    back to the queue and continues from the step it was at.
    """
    now = timezone.now()
    take_up(DocumentVersion.objects.filter(lease_until__lt=now))
    if someone_waits():
        announce_work(settings.INGESTION_CONCURRENCY)
    missed = stale_documents().filter(stale_since__lt=now - _REFRESH_FIRST_AFTER)
    marked = list(missed.order_by("stale_since").values_list("pk", flat=True))
    # Once in a while alone: a whole corpus may wait, and messages would pile up.
    Document.objects.filter(pk__in=marked).update(stale_since=now + REFRESH_AGAIN_AFTER)
    for key in marked:
        refresh_index.delay(str(key))


def announce_work(workers: int = 1) -> None:
    """Tell that many workers that there are files, once the current transaction is committed."""
    for _worker in range(workers):
        ingest_waiting.delay_on_commit()


def take_up_unfinished_work() -> None:
    """At the start of an embedded process: its predecessor's queue and leases died with it."""
    take_up(DocumentVersion.objects.all())
    DocumentVersion.objects.filter(state=State.QUEUED).update(enqueue_at=None)
    if someone_waits():
        announce_work(settings.INGESTION_CONCURRENCY)
    long_ago = timezone.now() - REFRESH_AGAIN_AFTER
    Document.objects.exclude(stale="").update(refresh_until=None, stale_since=long_ago)
    IndexGeneration.objects.exclude(lease_until=None).update(lease_owner="", lease_until=None)


@shared_task(name="documents.purge_deleted_documents")  # type: ignore[untyped-decorator]
def purge_deleted_documents() -> int:
    """Remove for good what was deleted longer ago than PURGE_AFTER_DAYS: rows, files, vectors;
    returns how many documents.

    Runs nightly. Vectors and file go first, the row last, so that an interrupted purge is
    finished by the next one.
    """
    long_ago = timezone.now() - timedelta(days=settings.PURGE_AFTER_DAYS)
    return purge_documents_deleted_before(long_ago)


@shared_task(name="documents.purge_deleted_document")  # type: ignore[untyped-decorator]
def purge_deleted_document(document_id: str) -> None:
    """Remove one deleted document for good: vectors and file first, the row last.

    Enqueued by `services.purge_document_now`. Does nothing where the row is gone or was restored
    meanwhile; an interrupted purge is finished by the nightly one.
    """
    document = Document.objects.filter(pk=document_id, deleted_at__isnull=False).first()
    if document is not None:
        purge_document(document)


@shared_task(name="documents.take_attachments")  # type: ignore[untyped-decorator]
def take_attachments(version_id: str) -> None:
    """Have what is attached follow a mail whose earlier version has taken its place again.

    Enqueued by `version_services.restore_version`. Idempotent: what is there is left alone; where
    the version is not the live one any more it ends quietly.
    """
    # It receives files, which are announced to the tasks here.
    from documents.attachments import take_attachments_again  # noqa: PLC0415

    take_attachments_again(UUID(version_id))


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
    flush_indexes()
    if indexes_in_doubt():
        ask_for_repair()
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
