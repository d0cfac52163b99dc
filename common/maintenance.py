"""Maintenance: the whole installation read-only, or closed, while somebody works on it.

One row says so (common.models). Each process looks at most every LOOK_S, so that all of them
follow within that time, whoever switched it on: the back office, `manage.py maintenance`, a
backup. Where the database does not answer, what was known last holds, and the installation is open
where nothing was: without the database nobody can change anything anyway.

`until` is said to people and never acted on: whoever works on the installation ends it.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import DatabaseError
from django.utils import timezone

from common.errors import CassandreError
from common.errors import gettext_noop as _

logger = logging.getLogger(__name__)

Level = Literal["read-only", "closed"]
READ_ONLY: Level = "read-only"
CLOSED: Level = "closed"

LOOK_S = 2.0
# Said in Retry-After where nobody knows until when, and at most.
RETRY_S, RETRY_MAX_S = 60, 3_600


class InMaintenance(CassandreError):
    code = "maintenance"
    status = 503
    sentence = _(
        "Cassandre is being maintained: searching and reading work; questions, uploads and "
        "changes do not, until it is over."
    )


class ClosedForMaintenance(CassandreError):
    code = "maintenance-closed"
    status = 503
    sentence = _("Cassandre is closed for maintenance. Your documents and conversations are safe.")


@dataclass(frozen=True, slots=True)
class Maintenance:
    level: Level
    starts_at: datetime
    until: datetime | None = None
    message: str = ""
    begun_by: str = ""

    @property
    def is_on(self) -> bool:
        """False while it is only announced."""
        return self.starts_at <= timezone.now()

    @property
    def is_closed(self) -> bool:
        return self.is_on and self.level == CLOSED

    @property
    def retry_after(self) -> int:
        """Seconds."""
        if self.until is None:
            return RETRY_S
        left = math.ceil((self.until - timezone.now()).total_seconds())
        return min(left, RETRY_MAX_S) if left > 0 else RETRY_S

    @property
    def refusal(self) -> CassandreError:
        """Of what somebody wanted to do."""
        error = ClosedForMaintenance if self.is_closed else InMaintenance
        return error(retry_after=self.retry_after)


class _Known:
    """What this process knows, and until when it need not look again."""

    def __init__(self) -> None:
        self.state: Maintenance | None = None
        self.until = 0.0  # by the monotonic clock
        self.lock = threading.Lock()


_known = _Known()


def current() -> Maintenance | None:
    """On or announced; None where neither. Asks the database every LOOK_S at most, and never
    raises."""
    if time.monotonic() < _known.until:
        return _known.state
    with _known.lock:
        if time.monotonic() < _known.until:
            return _known.state
        # Before the look: a database that hangs is waited for by one thread.
        _known.until = time.monotonic() + LOOK_S
    try:
        _known.state = _stored()
    except DatabaseError as error:
        logger.warning("whether there is maintenance cannot be read: %s", type(error).__name__)
    return _known.state


def known() -> Maintenance | None:
    """As `current`, out of memory alone: for an event loop, where somebody else asks."""
    return _known.state


def is_on() -> bool:
    """Nothing may be changed and no work begun."""
    state = current()
    return state is not None and state.is_on


def require_open_to_changes() -> None:
    """Raises InMaintenance or ClosedForMaintenance."""
    state = current()
    if state is not None and state.is_on:
        raise state.refusal


def begin(
    level: Level,
    *,
    message: str = "",
    starts_at: datetime | None = None,
    until: datetime | None = None,
    by: str = "",
) -> Maintenance:
    """Switch it on, or announce it for `starts_at`; replaces what stood."""
    from common.models import MaintenanceNotice  # noqa: PLC0415 (needs the apps)

    fields = {
        "level": level,
        "message": message.strip()[:300],
        "starts_at": starts_at or timezone.now(),
        "until": until,
        "begun_by": by[:200],
    }
    MaintenanceNotice.objects.update_or_create(pk=1, defaults=fields)
    logger.warning("maintenance: %s from %s", level, fields["starts_at"])
    look_again()
    return Maintenance(**fields)  # type: ignore[arg-type]  # the fields of the row


def end() -> bool:
    """Whether there was any."""
    from common.models import MaintenanceNotice  # noqa: PLC0415 (as above)

    removed, _models = MaintenanceNotice.objects.all().delete()
    look_again()
    if removed:
        logger.warning("maintenance: over")
    return bool(removed)


@contextmanager
def held(level: Level, *, message: str = "", by: str = "") -> Iterator[None]:
    """On while the body runs; then what stood before."""
    before = _stored()
    begin(level, message=message, by=by)
    try:
        yield
    finally:
        if before is None:
            end()
        else:
            begin(
                before.level,
                message=before.message,
                starts_at=before.starts_at,
                until=before.until,
                by=before.begun_by,
            )


def look_again() -> None:
    """At the next question, whatever was known."""
    _known.until = 0.0


def _stored() -> Maintenance | None:
    from common.models import MaintenanceNotice  # noqa: PLC0415 (as above)

    row = MaintenanceNotice.objects.values_list(
        "level", "starts_at", "until", "message", "begun_by"
    ).first()
    return Maintenance(*row) if row else None  # type: ignore[arg-type]  # a TextChoices value
