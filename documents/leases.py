"""Who works on a version: claimed, held and given back by conditional UPDATEs on its row.

`lease_owner` begins with the worker's name, the same in all of its threads and child processes, so
that a worker that is told to end gives back at once whatever it holds.
"""

from __future__ import annotations

import logging
import mmap
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest
from django.utils import timezone

from common import maintenance
from common.errors import CassandreError
from documents import heartbeat
from documents.errors import IngestionFailed, WorkerLost
from documents.models import Document, DocumentVersion, IndexGeneration
from documents.ports import PassageIndex

logger = logging.getLogger(__name__)

State = DocumentVersion.State

# A killed worker's file is taken up within a minute: this, and the sweep's ten seconds.
LEASE = timedelta(seconds=45)
# Shown beside the work too, by a thread: a batch of embeddings may take longer than a lease.
BEAT_S = 10.0
# How often those who wait for a child ask whether the file is still theirs.
LOOK_S = 2.0
MAX_ATTEMPTS = 4
# 10 s, 40 s, 160 s: a restarting service is waited for, a broken one is reported soon.
FIRST_RETRY = timedelta(seconds=10)

# Made before a worker forks, hence common to its processes.
_WORKER = uuid.uuid4().hex
_ending = mmap.mmap(-1, 1)


class LeaseLost(Exception):
    """The row is no longer ours: cancelled, paused, deleted, or taken over by another worker."""


@dataclass(slots=True)
class Run:
    """What the steps of one ingestion share."""

    version: DocumentVersion
    owner: str
    generation: IndexGeneration
    index: PassageIndex
    _shown: float = field(default_factory=time.monotonic, init=False)

    def progress(self, done: int, total: int) -> None:
        self.update(progress_done=done, progress_total=total)

    def update(self, **fields: object) -> None:
        """Write to the row if the lease is still ours, and extend it. Raises LeaseLost."""
        if is_ending():
            give_back(held_by(self.owner))
        held = held_by(self.owner).filter(pk=self.version.pk)
        if not held.update(lease_until=timezone.now() + LEASE, **fields):
            raise LeaseLost(self.version.pk)
        self._shown = time.monotonic()

    def beat(self) -> None:
        """Show life and ask whether the file is still ours, at most every LOOK_S. Raises
        LeaseLost."""
        if time.monotonic() - self._shown >= LOOK_S:
            self.update()

    @contextmanager
    def writing(self, **fields: object) -> Iterator[None]:
        """What is written inside is written while the lease is ours, or not at all: one who takes
        the file over waits for its end. Raises LeaseLost."""
        with transaction.atomic():
            self.update(**fields)
            yield


def beating(run: Run) -> AbstractContextManager[None]:
    """Extend the lease every BEAT_S, whatever the work inside is waiting for."""

    def extend() -> bool:
        try:
            run.update()
        except LeaseLost:
            return False
        return True

    return heartbeat.beating(extend, every_s=BEAT_S, name=str(run.version.pk))


def new_owner() -> str:
    return f"{_WORKER}:{uuid.uuid4().hex}"


def held_by(owner: str) -> QuerySet[DocumentVersion]:
    return DocumentVersion.objects.filter(state=State.RUNNING, lease_owner=owner)


def claim(version_id: uuid.UUID, owner: str) -> bool:
    """Take one queued version, also where its corpus waits; whether it was there to be taken."""
    present = Document.objects.filter(deleted_at=None).values("pk")
    return claim_among(
        DocumentVersion.objects.filter(pk=version_id, state=State.QUEUED, document__in=present),
        owner,
    )


def claim_among(queued: QuerySet[DocumentVersion], owner: str) -> bool:
    now = timezone.now()
    return bool(
        queued.update(
            state=State.RUNNING,
            lease_owner=owner,
            lease_until=now + LEASE,
            started_at=now,
            enqueue_at=None,
            attempts=F("attempts") + 1,
            error_code="",
            error_params={},
        )
    )


def fail(version_id: uuid.UUID, owner: str, error: CassandreError) -> None:
    held_by(owner).filter(pk=version_id).update(
        state=State.FAILED,
        error_code=error.code,
        error_params=error.params,
        lease_owner="",
        lease_until=None,
        finished_at=timezone.now(),
    )


def retry_or_fail(version_id: uuid.UUID, owner: str, error: CassandreError | None = None) -> None:
    """Back to the queue, for later; after MAX_ATTEMPTS failed, with `error` as the reason."""
    reason = error or IngestionFailed()
    version = held_by(owner).filter(pk=version_id).first()
    if version is None:
        return
    if version.attempts >= MAX_ATTEMPTS:
        fail(version_id, owner, reason)
        return
    held_by(owner).filter(pk=version_id).update(
        state=State.QUEUED,
        error_code=reason.code,
        error_params=reason.params,
        lease_owner="",
        lease_until=None,
        enqueue_at=timezone.now() + FIRST_RETRY * 4 ** (version.attempts - 1),
    )


def give_back(versions: QuerySet[DocumentVersion], **fields: object) -> int:
    """Those of them that run to the queue, to go on at the step they are at, as if they had not
    been taken: no attempt is spent. Who works on one stops at the next piece. Returns how many."""
    return versions.filter(state=State.RUNNING).update(
        state=State.QUEUED,
        lease_owner="",
        lease_until=None,
        attempts=Greatest(F("attempts") - 1, 0),
        **fields,
    )


def take_up(abandoned: QuerySet[DocumentVersion]) -> None:
    """What a dead worker held goes on at the step it was at. A file at which worker after worker
    has died is not tried for ever: it may be what kills them."""
    running = abandoned.filter(state=State.RUNNING)
    given = {"lease_owner": "", "lease_until": None}
    running.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=State.FAILED,
        error_code=WorkerLost.code,
        error_params={},
        finished_at=timezone.now(),
        **given,
    )
    running.update(state=State.QUEUED, enqueue_at=None, **given)


def begin_work() -> None:
    _ending[0] = 0


def end_work() -> None:
    """This worker takes nothing more, and gives back at once what it holds."""
    _ending[0] = 1
    give_back(DocumentVersion.objects.filter(lease_owner__startswith=f"{_WORKER}:"))


def is_ending() -> bool:
    """Nothing may be taken, and what is held goes back: this worker ends, or the installation is
    being maintained."""
    return _ending[0] != 0 or maintenance.is_on()
