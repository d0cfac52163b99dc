"""Who looks at a source: claimed, held and given back by conditional UPDATEs on its row."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from common.errors import CassandreError
from documents import heartbeat
from documents.leases import LEASE, LeaseLost, is_ending
from documents.models import Source

logger = logging.getLogger(__name__)

State = Source.State

# Several times within a lease, and no more often: each is a write.
BEAT_S = 10.0
# A message may be lost with its broker: what still waits after this long is enqueued again, which
# does no harm, since the claim decides.
ENQUEUE_AGAIN_AFTER = timedelta(minutes=1)
_GIVEN_BACK: dict[str, object] = {
    "state": State.QUEUED,
    "lease_owner": "",
    "lease_until": None,
}


@dataclass(slots=True)
class Hold:
    """A worker's hold on a source that it looks at."""

    source: Source
    owner: str
    must_end: Callable[[], bool]
    _beaten: float = field(default_factory=time.monotonic)

    def beat(self) -> None:
        """Extend the lease, if it is time. Raises LeaseLost."""
        if time.monotonic() - self._beaten >= BEAT_S:
            self.update()

    def update(self, **fields: object) -> None:
        """Write to the row if it is still ours, and extend the lease. Raises LeaseLost where it
        was cancelled, removed or taken over, or where this worker is told to end."""
        self._beaten = time.monotonic()
        held = Source.objects.filter(pk=self.source.pk, state=State.RUNNING, lease_owner=self.owner)
        if self.must_end():
            held.update(**_GIVEN_BACK, next_at=timezone.now())
            raise LeaseLost(self.source.pk)
        if not held.update(**{"lease_until": timezone.now() + LEASE, **fields}):
            raise LeaseLost(self.source.pk)

    def give_way(self, again_after: timedelta = ENQUEUE_AGAIN_AFTER) -> None:
        self.update(**_GIVEN_BACK, next_at=timezone.now() + again_after)

    def end(self, error: CassandreError | None = None) -> None:
        now = timezone.now()
        self.update(
            state=State.FAILED if error else State.IDLE,
            error_code=error.code if error else "",
            error_params=error.params if error else {},
            lease_owner="",
            lease_until=None,
            finished_at=now,
            next_at=next_look(self.source),
        )


def beating(hold: Hold) -> AbstractContextManager[None]:
    """Extend the lease every BEAT_S, whatever the work inside waits for: a slow site, a scanner."""
    held = Source.objects.filter(pk=hold.source.pk, state=State.RUNNING, lease_owner=hold.owner)
    return heartbeat.beating(
        lambda: bool(held.update(lease_until=timezone.now() + LEASE)),
        every_s=BEAT_S,
        name=str(hold.source.pk),
    )


def claim(source_id: uuid.UUID, must_end: Callable[[], bool] | None = None) -> Hold | None:
    """None where the source is gone or does not wait. `must_end`: whether who works is told to
    end; a worker knows by itself."""
    owner = uuid.uuid4().hex
    claimed = Source.objects.filter(pk=source_id, state=State.QUEUED).update(
        state=State.RUNNING,
        lease_owner=owner,
        lease_until=timezone.now() + LEASE,
        error_code="",
        error_params={},
    )
    if not claimed:
        return None
    row = Source.objects.select_related("corpus", "created_by").filter(pk=source_id).first()
    return Hold(row, owner, must_end or is_ending) if row else None


def next_look(source: Source) -> object:
    hours = source.every_hours
    return timezone.now() + timedelta(hours=hours) if hours else None
