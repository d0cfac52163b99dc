"""What was backed up and restored here, for those who look after the installation."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backups import errors as _errors  # noqa: F401 (rows hold their codes)
from common.errors import sentence_for

# A run that has not shown life for so long was killed. One large file may take a while.
LOST_AFTER = timedelta(minutes=15)


class BackupRecord(models.Model):
    """A run of `manage.py backup` or `restore`. Not part of any backup: it tells of this place."""

    class Kind(models.TextChoices):
        BACKUP = "backup", pgettext_lazy("backup record", "Backup")
        RESTORE = "restore", pgettext_lazy("backup record", "Restored from")

    class State(models.TextChoices):
        RUNNING = "running", _("In progress")  # heartbeat says whether it lives
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")  # nothing of it is at the target

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.BACKUP)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    name = models.CharField(max_length=40)
    target = models.CharField(max_length=1000)
    made_by = models.CharField(max_length=200, blank=True)  # account and machine
    encrypted = models.BooleanField(default=False)
    rows = models.PositiveBigIntegerField(default=0)
    files = models.PositiveBigIntegerField(default=0)
    files_missing = models.PositiveBigIntegerField(default=0)  # rows had them, the storage not
    bytes = models.PositiveBigIntegerField(default=0)  # written by this run, as stored there
    verified_at = models.DateTimeField(null=True)  # the last time all of it was read and found good
    error_code = models.CharField(max_length=60, blank=True)
    error_params = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField(default=timezone.now, db_index=True)
    heartbeat = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(state="running"), name="one_running_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} ({self.state})"

    @property
    def is_lost(self) -> bool:
        silent = timezone.now() - self.heartbeat > LOST_AFTER
        return self.state == self.State.RUNNING and silent

    @property
    def error_sentence(self) -> str:
        return sentence_for(self.error_code, self.error_params) if self.error_code else ""
