"""What was backed up here, for those who look after the installation."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import User
from backups.models import BackupRecord
from documents.index_selectors import may_manage_index

Kind = BackupRecord.Kind
State = BackupRecord.State


def records_shown_to(user: User) -> QuerySet[BackupRecord]:
    """The newest first; none for whoever does not look after the installation."""
    if not may_manage_index(user):
        return BackupRecord.objects.none()
    return BackupRecord.objects.order_by("-started_at")


def last_backup_shown_to(user: User) -> BackupRecord | None:
    """The newest that came to its end."""
    made = records_shown_to(user).filter(kind=Kind.BACKUP, state=State.DONE)
    return made.order_by("-finished_at").first()
