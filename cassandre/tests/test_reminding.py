from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from backups.models import BackupRecord
from cassandre.reminding import remind_of_backup

pytestmark = pytest.mark.django_db


def backup(days: int, **fields: object) -> None:
    moment = timezone.now() - timedelta(days=days)
    state = BackupRecord.State.DONE
    BackupRecord.objects.create(
        **{"name": f"{days}", "target": "/backups", "state": state, "finished_at": moment} | fields
    )


@pytest.fixture(autouse=True)
def installation(alice, settings):
    settings.BACKUP_REMINDER_DAYS = 7
    User.objects.update(date_joined=timezone.now() - timedelta(days=100))


def test_an_old_backup_is_overdue_and_a_new_one_is_not(caplog):
    backup(7)
    assert remind_of_backup() == {"days": 7, "has_backup": True, "overdue": True}
    assert "backup-overdue: 7 days without a backup" in caplog.text
    backup(6)
    assert remind_of_backup()["overdue"] is False


def test_one_that_failed_and_a_restore_do_not_count():
    backup(20)
    backup(0, state=BackupRecord.State.FAILED)
    backup(0, kind=BackupRecord.Kind.RESTORE)
    assert remind_of_backup()["days"] == 20


def test_without_any_the_installation_s_own_age_counts_and_without_a_limit_nothing(settings):
    assert remind_of_backup() == {"days": 100, "has_backup": False, "overdue": True}
    settings.BACKUP_REMINDER_DAYS = 0
    assert remind_of_backup()["overdue"] is False
