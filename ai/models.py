"""How the configured models do, as all processes see it. ai.watching writes it, on change."""

from __future__ import annotations

from django.db import models


class ModelState(models.Model):
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    failing = models.BooleanField(default=False)
    code = models.CharField(max_length=60, blank=True)  # of the error, where it fails
    cause = models.CharField(max_length=300, blank=True)  # for administrators
    since = models.DateTimeField()
    # Whoever moves it on asks the model then: one process of all.
    probe_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)  # since it fails

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="one_state_a_model")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
