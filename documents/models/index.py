"""What the search finds: passages, and how they were made."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.errors import sentence_for
from documents.models.corpora import Corpus
from documents.models.documents import Document, DocumentVersion


class IndexGeneration(models.Model):
    """How the index was built. One is live; a new one is built beside it."""

    class State(models.TextChoices):
        BUILDING = "building", _("Being built")
        LIVE = "live", _("Live")  # searched
        RETIRED = "retired", _("Retired")  # kept for the way back
        REMOVED = "removed", _("Being removed")  # for good; nobody may count on it any more

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.BUILDING)
    # {"parts": "w", "averages": [words, grams, bigrams]}: fixed for the generation's life, so
    # that a chunk's weights do not depend on when it was indexed.
    analyser = models.JSONField()
    embedding_model = models.CharField(max_length=200, blank=True)
    dimensions = models.PositiveIntegerField(default=0)
    chunk_size = models.PositiveIntegerField()
    chunk_overlap = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    # While it is being built: by whom, whether it waits, and what went wrong last.
    lease_owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    paused = models.BooleanField(default=False)
    error_code = models.CharField(max_length=60, blank=True)
    error_params = models.JSONField(default=dict, blank=True)
    # When it was found complete; what changes later is caught up with.
    built_at = models.DateTimeField(null=True, blank=True)
    # Switched to as soon as it has caught up.
    switch_wanted = models.BooleanField(default=False)
    # When another took its place; None: it was never live.
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="live"), name="one_live_generation"
            ),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="building"), name="one_building_generation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d} ({self.state})"

    @property
    def error_sentence(self) -> str:
        return sentence_for(self.error_code, self.error_params) if self.error_code else ""


class DueVersion(models.Model):
    """A file whose points in a generation are still to be written, or written anew.

    Written with the change that makes it so; worked off by documents/building.py.
    """

    generation = models.ForeignKey(IndexGeneration, on_delete=models.CASCADE, related_name="due")
    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=10, choices=Document.Stale)
    since = models.DateTimeField()  # tells two changes apart

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generation", "version"], name="due_version_once")
        ]
        indexes = [models.Index(fields=["generation", "since"], name="due_in_order")]

    def __str__(self) -> str:
        return f"{self.version_id} ({self.what})"


class IndexCheck(models.Model):
    """A comparison of database and index that somebody waits for, done by the process that has
    the index open."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("In progress")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    corpus = models.ForeignKey(Corpus, on_delete=models.CASCADE, null=True, related_name="+")
    repair = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    result = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} ({self.state})"


class Chunk(models.Model):
    """A passage. Its id is derived from version, generation and number, so that indexing it
    again writes the same point."""

    id = models.UUIDField(primary_key=True, editable=False)
    version = models.ForeignKey(DocumentVersion, on_delete=models.CASCADE, related_name="chunks")
    generation = models.ForeignKey(IndexGeneration, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    page = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    section = models.CharField(max_length=500, blank=True)  # heading path, " › " between
    text = models.TextField()
    # Its page's hints, as they were indexed with it; never shown nor quoted.
    hint = models.TextField(blank=True)
    page_label: str  # of its page; only where selectors.live_chunks_readable_by has read the row

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "generation", "number"], name="chunk_number_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id} #{self.number}"
