"""Whether the last good backup is older than the installation's owner wants it to be."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db.models import Max, Min
from django.utils import timezone

from accounts.models import User
from backups.models import BackupRecord

logger = logging.getLogger(__name__)

CODE = "backup-overdue"


def remind_of_backup() -> dict[str, Any]:
    """`days` since the last backup that was made here, or since the first account where there is
    none; `overdue` where that is longer than BACKUP_REMINDER_DAYS, which is logged too."""
    wanted = settings.BACKUP_REMINDER_DAYS
    made = BackupRecord.objects.filter(
        kind=BackupRecord.Kind.BACKUP, state=BackupRecord.State.DONE
    ).aggregate(last=Max("finished_at"))["last"]
    since = made or User.objects.aggregate(first=Min("date_joined"))["first"] or timezone.now()
    days = (timezone.now() - since).days
    overdue = bool(wanted) and days >= wanted
    if overdue:
        logger.error("%s: %s days without a backup", CODE, days)
    return {"days": days, "has_backup": made is not None, "overdue": overdue}
