"""What is done once a night, in whatever process: claimed in the database, so that two beats, a
message delivered twice and a restart do it no second time, and a night slept through is made up
for.

One job at a time: whichever it is, the sweeps beside it find a free hand.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from cassandre.schedule import NIGHT
from common.errors import CassandreError
from common.models import PeriodicRun
from documents.heartbeat import beating

logger = logging.getLogger(__name__)

# Whoever is killed at a job is noticed after so long.
HELD_FOR = timedelta(seconds=60)
BEAT_S = 15.0
# Behind a try that failed or was killed: what ends every worker must not do so all night long.
TRIED_AGAIN_AFTER = timedelta(hours=1)


def latest_night(now: datetime) -> datetime:
    """The latest moment, not after `now`, at which the jobs were due."""
    local = timezone.localtime(now)
    zone = timezone.get_current_timezone()
    tonight = datetime.combine(local.date(), NIGHT, zone)
    if tonight > local:
        return datetime.combine(local.date() - timedelta(days=1), NIGHT, zone)
    return tonight


def next_due(jobs: Sequence[str], now: datetime) -> str | None:
    """The job to be started now; None where one is being done, or none is due. What is seen for
    the first time is due tonight: not with every new installation, nor at noon."""
    night = latest_night(now)
    for name in jobs:
        PeriodicRun.objects.get_or_create(name=name, defaults={"done_for": night})
    if PeriodicRun.objects.filter(held_until__gt=now).exists():
        return None
    due = set(_due(now).values_list("name", flat=True))
    return next((name for name in jobs if name in due), None)


def do(name: str, job: Callable[[], Any]) -> None:
    """Do a job if it is due and nobody else does it; what it returns is kept, a number as
    `{"count": number}`. It is tried again where it fails."""
    now = timezone.now()
    free = Q(held_until=None) | Q(held_until__lte=now)
    claimed = _due(now).filter(free, name=name)
    held = {"held_until": now + HELD_FOR, "started_at": now}
    if not claimed.update(**held, not_before=now + TRIED_AGAIN_AFTER, wanted=False):
        return
    row = PeriodicRun.objects.filter(name=name, started_at=now)
    try:
        with beating(lambda: _hold(row), every_s=BEAT_S, name=name):
            found = job()
    except Exception as error:
        code = error.code if isinstance(error, CassandreError) else CassandreError.code
        logger.exception("%s failed (%s), and is tried again in an hour", name, code)
        row.update(held_until=None, error_code=code)
        return
    row.update(
        held_until=None,
        not_before=None,
        done_for=latest_night(now),
        finished_at=timezone.now(),
        error_code="",
        result=found if isinstance(found, dict) else {"count": found or 0},
    )


def want(name: str) -> None:
    """Have it done at once, by the process that does such things."""
    PeriodicRun.objects.update_or_create(
        name=name,
        defaults={"wanted": True, "not_before": None},
        create_defaults={"wanted": True, "done_for": latest_night(timezone.now())},
    )


def _due(now: datetime) -> QuerySet[PeriodicRun]:
    rested = Q(not_before=None) | Q(not_before__lte=now)
    return PeriodicRun.objects.filter(
        Q(wanted=True) | Q(rested, done_for__lt=latest_night(now)),
    )


def _hold(row: QuerySet[PeriodicRun]) -> bool:
    return bool(row.update(held_until=timezone.now() + HELD_FOR))
