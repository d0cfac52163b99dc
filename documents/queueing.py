"""Whose file is next, and when all of them wait.

A message to a worker only says that there is work; which, is decided here, in the database, when
the worker has its hands free. One person's four hundred files thus do not stand before another's
one: the next file is of whoever has the fewest under way, then of whoever was served the longest
ago, then the oldest. Within one person the oldest goes first.

While an `IngestionPause` stands, a service fails all files: they wait, and one after another goes
ahead to try whether it works again.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from common import maintenance
from common.errors import CassandreError
from documents.leases import LEASE, claim_among
from documents.models import DocumentVersion, IngestionPause

State = DocumentVersion.State
Step = DocumentVersion.Step

# Between two tries of a service that fails: as long again as it has failed already.
FIRST_TRY = timedelta(seconds=10)
LONGEST_WAIT = timedelta(minutes=5)
# Several workers may reach for the same file; each round all but one of them look again.
_ROUNDS = 20

Person = uuid.UUID | None  # None: whose account is gone


@dataclass(frozen=True, slots=True)
class Taken:
    version: uuid.UUID
    is_trial: bool  # goes ahead of the others, which wait for its outcome


def waiting() -> QuerySet[DocumentVersion]:
    """What a worker may take now."""
    return DocumentVersion.objects.filter(
        Q(enqueue_at=None) | Q(enqueue_at__lte=timezone.now()),
        state=State.QUEUED,
        document__deleted_at=None,
        document__corpus__paused_at=None,
    ).order_by()


def someone_waits() -> bool:
    """False too while all files wait for a service, or for the end of maintenance."""
    if maintenance.is_on():
        return False
    pause = IngestionPause.objects.first()
    return (pause is None or pause.next_try_at <= timezone.now()) and waiting().exists()


def take_next(owner: str) -> Taken | None:
    """Claim the next file for `owner`; None: there is none, or all of them wait."""
    pause = IngestionPause.objects.first()
    if pause is not None and not _reserve_trial(pause):
        return None
    for _round in range(_ROUNDS):
        found = _trial_file(pause) if pause else _next_in_turn()
        if found is None:
            break
        if claim_among(_claimable(found), owner):
            return Taken(found, is_trial=pause is not None)
    if pause is not None:  # nobody has tried
        try_now()
    return None


def _claimable(version: uuid.UUID) -> QuerySet[DocumentVersion]:
    # A subquery: an UPDATE joins nothing.
    return DocumentVersion.objects.filter(
        pk__in=waiting().filter(pk=version).values("pk"), state=State.QUEUED
    )


def _next_in_turn() -> uuid.UUID | None:
    # Out of an index alone, so that ten thousand files are counted in a millisecond; whether one
    # may be taken is asked of each person's oldest.
    queued = DocumentVersion.objects.filter(state=State.QUEUED).order_by()
    oldest = dict(queued.values_list("created_by").annotate(Min("created_at")))
    under_way = _under_way() if len(oldest) > 1 else {}

    def turn(person: Person) -> tuple[int, bool, datetime, datetime]:
        served = _last_served(person) if len(oldest) > 1 else None
        return (
            under_way.get(person, 0),
            served is not None,
            served or oldest[person],
            oldest[person],
        )

    for person in sorted(oldest, key=turn):
        found = waiting().filter(created_by=person).order_by("created_at")
        if version := found.values_list("pk", flat=True).first():
            return version
    return None


def _under_way() -> dict[Person, int]:
    running = DocumentVersion.objects.filter(state=State.RUNNING).order_by()
    return dict(running.values_list("created_by").annotate(Count("pk")))


def _last_served(person: Person) -> datetime | None:
    taken = DocumentVersion.objects.filter(created_by=person, started_at__isnull=False)
    return taken.order_by("-started_at").values_list("started_at", flat=True).first()


# --- when a service fails them all ------------------------------------------------------------


def pause_for(error: CassandreError) -> None:
    """Have all files wait, because a service fails them all; tried again after a while that grows
    with how long it has failed."""
    now = timezone.now()
    reason = {"error_code": error.code, "error_params": error.params}
    try:
        with transaction.atomic():
            pause = IngestionPause.objects.create(since=now, next_try_at=now, **reason)
    except IntegrityError:  # it has been noticed before
        pause = IngestionPause.objects.first() or IngestionPause(since=now)
    wait = min(max(FIRST_TRY, now - pause.since), LONGEST_WAIT)
    asked = timedelta(seconds=float(error.params.get("retry_after", 0)))
    IngestionPause.objects.update(next_try_at=now + max(wait, asked), **reason)


def go_on() -> None:
    """The service works again."""
    IngestionPause.objects.all().delete()


def try_now() -> bool:
    """Let the next file try the service at once; whether anything was waiting for it."""
    return bool(IngestionPause.objects.update(next_try_at=timezone.now()))


def _reserve_trial(pause: IngestionPause) -> bool:
    """One file at a time tries; whoever moves the next try has this one."""
    now = timezone.now()
    due = IngestionPause.objects.filter(next_try_at=pause.next_try_at, next_try_at__lte=now)
    return bool(due.update(next_try_at=now + LEASE))


def _trial_file(pause: IngestionPause) -> uuid.UUID | None:
    """One that failed at this service comes to it at once: the others may have long reading
    before them."""
    failed = waiting().filter(error_code=pause.error_code).order_by("started_at")
    return failed.values_list("pk", flat=True).first() or _next_in_turn()
