"""Celery tasks of sources: thin, by id, safe to run twice."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from documents.models import Source
from documents.sources.gathering import gather
from documents.sources.leases import ENQUEUE_AGAIN_AFTER

State = Source.State


@shared_task(name="documents.gather_source")  # type: ignore[untyped-decorator]
def gather_source(source_id: str) -> None:
    """One look at a source, or one turn of a long one: then it goes behind the files that wait.

    Enqueued by `services.look_now`, the sweep, and itself. Idempotent: the row is claimed by a
    conditional UPDATE, and each entry is written down as it is done. Where the source is gone, it
    ends quietly.
    """
    if gather(UUID(source_id)).more:
        gather_source.delay(source_id)


@shared_task(name="documents.sweep_sources")  # type: ignore[untyped-decorator]
def sweep_sources() -> None:
    """Take up what a dead worker left, and look again at what is due.

    Runs on the schedule. A lease that has run out means that its worker is dead: the look goes on
    behind the last entry that was written down.
    """
    now = timezone.now()
    Source.objects.filter(state=State.RUNNING, lease_until__lt=now).update(
        state=State.QUEUED, lease_owner="", lease_until=None, next_at=now
    )
    due = Source.objects.filter(next_at__lte=now).exclude(state=State.RUNNING)
    for key in list(due.order_by("next_at").values_list("pk", flat=True)):
        due.filter(pk=key).update(state=State.QUEUED, next_at=now + ENQUEUE_AGAIN_AFTER)
        gather_source.delay(str(key))
