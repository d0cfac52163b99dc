"""Who works on a version: claimed, held and given back by conditional UPDATEs on its row."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from documents.errors import IngestionFailed
from documents.models import Document, DocumentVersion, IndexGeneration
from documents.ports import PassageIndex

State = DocumentVersion.State

# Long enough for the slowest single piece of work between two heartbeats (a batch of
# embeddings), short enough that a killed worker's file is taken up within a minute.
LEASE = timedelta(seconds=45)
MAX_ATTEMPTS = 4
# 10 s, 40 s, 160 s: a restarting service is waited for, a broken one is reported soon.
FIRST_RETRY = timedelta(seconds=10)


class LeaseLost(Exception):
    """The row is no longer ours: cancelled, deleted, or taken over by another worker."""


@dataclass(frozen=True, slots=True)
class Run:
    """What the steps of one ingestion share."""

    version: DocumentVersion
    owner: str
    generation: IndexGeneration
    index: PassageIndex

    def progress(self, done: int, total: int) -> None:
        self.update(progress_done=done, progress_total=total)

    def update(self, **fields: object) -> None:
        """Write to the row if the lease is still ours, and extend it. Raises LeaseLost."""
        held = DocumentVersion.objects.filter(
            pk=self.version.pk, state=State.RUNNING, lease_owner=self.owner
        )
        if not held.update(lease_until=timezone.now() + LEASE, **fields):
            raise LeaseLost(self.version.pk)


def claim(version_id: uuid.UUID, owner: str) -> bool:
    now = timezone.now()
    present = Document.objects.filter(deleted_at=None).values("pk")
    return bool(
        DocumentVersion.objects.filter(
            pk=version_id, state=State.QUEUED, document__in=present
        ).update(
            state=State.RUNNING,
            lease_owner=owner,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
            error_code="",
            error_params={},
        )
    )


def fail(version_id: uuid.UUID, owner: str, code: str, params: object) -> None:
    DocumentVersion.objects.filter(pk=version_id, lease_owner=owner).update(
        state=State.FAILED,
        error_code=code,
        error_params=params,
        lease_owner="",
        lease_until=None,
        finished_at=timezone.now(),
    )


def retry_or_fail(version_id: uuid.UUID, owner: str) -> None:
    version = DocumentVersion.objects.filter(pk=version_id, lease_owner=owner).first()
    if version is None:
        return
    if version.attempts >= MAX_ATTEMPTS:
        fail(version_id, owner, IngestionFailed.code, {})
        return
    DocumentVersion.objects.filter(pk=version_id, lease_owner=owner).update(
        state=State.QUEUED,
        error_code=IngestionFailed.code,
        lease_owner="",
        lease_until=None,
        enqueue_at=timezone.now() + FIRST_RETRY * 4 ** (version.attempts - 1),
    )
