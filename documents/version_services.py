"""Verbs over one version of a document: what its curators do with an ingestion."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import User
from common.errors import NotFound
from documents.adapters.extractors.formats import CARRIERS
from documents.models import DocumentVersion
from documents.rereading import read_again
from documents.restoring import restore
from documents.selectors import get_version_for_curator
from documents.tasks import announce_work, refresh_index, sweep_index, take_attachments

State = DocumentVersion.State


def retry_version(*, by: User, version: DocumentVersion) -> bool:
    """Queue a failed or cancelled version again, from the step where it was left; whether it was.

    Not where the file is at fault, which would only fail again; nor where a newer one has come
    since: it would take the newer one's place. One that is online without some of its scans is read
    once more as a new version (raises OcrMissing where that is not possible).
    """
    version = get_version_for_curator(by, version.pk)
    if not version.can_be_retried:
        return False
    if has_newer_version(version):
        return False
    if version.has_unread_pages:
        queued_again = read_again(version, by)
        announce_work()
        return queued_again
    queued = DocumentVersion.objects.filter(
        pk=version.pk, state__in=[State.FAILED, State.CANCELLED]
    ).update(
        state=State.QUEUED,
        attempts=0,
        error_code="",
        error_params={},
        enqueue_at=None,
    )
    if queued:
        announce_work()
    return bool(queued)


def restore_version(*, by: User, version: DocumentVersion) -> DocumentVersion:
    """Make an earlier version the live one again, at once; on the days on which it stood before,
    and on those of the one that it replaces, each goes on being found. Answers that were approved
    on the document wait for a curator.

    Raises VersionUnderWay while a newer file is on its way, NotFound for one that was never
    online, and Unavailable where the index cannot be told; nothing has changed then.
    """
    version = get_version_for_curator(by, version.pk)
    if version.state != State.READY:
        raise NotFound(cause=f"version {version.pk} is {version.state}")
    if not version.live:
        restore(version)
        refresh_index.delay_on_commit(str(version.document_id))
        sweep_index.delay_on_commit()
        if version.media_type in CARRIERS:
            take_attachments.delay_on_commit(str(version.pk))
        version.refresh_from_db()
    return version


def has_newer_version(version: DocumentVersion) -> bool:
    """Whether a newer one is online or on its way there: this one would take its place. One that
    has come with the days on which it stood elsewhere takes nobody's."""
    if version.replaced_on is not None:
        return False
    newer = DocumentVersion.objects.filter(
        document=version.document_id, created_at__gt=version.created_at
    )
    return newer.exclude(state__in=[State.FAILED, State.CANCELLED]).exists()


def cancel_version(*, by: User, version: DocumentVersion) -> None:
    """Stop a queued or running ingestion; the worker notices at its next piece of progress."""
    version = get_version_for_curator(by, version.pk)
    DocumentVersion.objects.filter(pk=version.pk, state__in=[State.QUEUED, State.RUNNING]).update(
        state=State.CANCELLED, lease_owner="", lease_until=None, finished_at=timezone.now()
    )
