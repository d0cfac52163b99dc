"""What the search finds: passages, and how they were made."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from documents.models.documents import DocumentVersion


class IndexGeneration(models.Model):
    """How the index was built. One is live; a new one is built beside it."""

    class State(models.TextChoices):
        BUILDING = "building", _("Being built")
        LIVE = "live", _("Live")  # searched
        RETIRED = "retired", _("Retired")  # kept for the way back

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

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="live"), name="one_live_generation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d} ({self.state})"


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
