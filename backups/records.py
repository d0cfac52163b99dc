"""The row of a run: one at a time of each kind, with a heartbeat, and how it ended."""

from __future__ import annotations

import getpass
import logging
import socket
import time
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from backups.errors import BackupFailed, BackupRunning
from backups.models import LOST_AFTER, BackupRecord
from common.errors import CassandreError

logger = logging.getLogger(__name__)

State = BackupRecord.State
Kind = BackupRecord.Kind

_BEAT_S = 20.0


class Running:
    """A backup under way."""

    def __init__(self, record: BackupRecord) -> None:
        self.record = record
        self._shown = time.monotonic()

    def beat(self) -> None:
        """Show life, at most every _BEAT_S."""
        if time.monotonic() - self._shown >= _BEAT_S:
            self._shown = time.monotonic()
            self._update(heartbeat=timezone.now())

    def end(self, **figures: Any) -> None:
        self._update(state=State.DONE, finished_at=timezone.now(), **figures)

    def fail(self, error: BaseException) -> None:
        known = error if isinstance(error, CassandreError) else BackupFailed()
        self._update(
            state=State.FAILED,
            finished_at=timezone.now(),
            error_code=known.code,
            error_params=known.params,
        )

    def _update(self, **fields: Any) -> None:
        BackupRecord.objects.filter(pk=self.record.pk).update(**fields)


def begin(*, name: str, target: str, encrypted: bool) -> Running:
    """Raises BackupRunning where another one is under way."""
    now = timezone.now()
    running = BackupRecord.objects.filter(kind=Kind.BACKUP, state=State.RUNNING)
    lost = running.filter(heartbeat__lt=now - LOST_AFTER)
    lost.update(state=State.FAILED, finished_at=now, error_code=BackupFailed.code)
    try:
        with transaction.atomic():
            record = BackupRecord.objects.create(
                name=name, target=target[:1000], encrypted=encrypted, made_by=who()
            )
    except IntegrityError as error:
        other = running.first()
        since = timezone.localtime(other.started_at if other else now)
        raise BackupRunning(since=f"{since:%Y-%m-%d %H:%M}") from error
    return Running(record)


def who() -> str:
    """The account and the machine that a command runs on."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # a container's number without a name
        account = "?"
    return f"{account}@{socket.gethostname()}"[:200]


def note_verified(name: str, target: str) -> None:
    """Where the backup was made here: when it was found good."""
    made = BackupRecord.objects.filter(kind=Kind.BACKUP, name=name, target=target[:1000])
    try:
        made.update(verified_at=timezone.now())
    except DatabaseError:  # a backup may be checked where nothing is installed yet
        logger.info("no record of %s here", name)
