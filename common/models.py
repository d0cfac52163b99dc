"""What belongs to the installation as a whole."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class MaintenanceNotice(models.Model):
    """There is at most one: while it stands the installation is maintained, or will be.

    common.maintenance reads and writes it."""

    class Level(models.TextChoices):
        READ_ONLY = "read-only", _("Read-only: searching and reading work")
        CLOSED = "closed", _("Closed: nobody but operators gets in")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    level = models.CharField(max_length=20, choices=Level.choices)
    message = models.CharField(max_length=300, blank=True)
    starts_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    begun_by = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_maintenance_notice")
        ]

    def __str__(self) -> str:
        return self.level


class PeriodicRun(models.Model):
    """A job that is done once a night: for which night it has been, and how it ended.

    cassandre.nightly writes it."""

    name = models.CharField(max_length=60, primary_key=True)
    done_for = models.DateTimeField()  # the latest moment at which it was due and was done
    wanted = models.BooleanField(default=False)  # at once, whatever the hour
    # Somebody does it, and says so again before this.
    held_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)  # behind a try that failed
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)  # of the last that came to its end
    error_code = models.CharField(max_length=60, blank=True)
    result = models.JSONField(default=dict)  # what the job counted

    def __str__(self) -> str:
        return self.name


class UnsentTask(models.Model):
    """A task that was to be sent while the broker was away.

    cassandre.publishing writes and sends it."""

    task = models.CharField(max_length=100)
    args = models.JSONField(default=list)
    kwargs = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.task
