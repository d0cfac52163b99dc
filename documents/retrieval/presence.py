"""Whether a version can be found at all."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.utils import timezone

from documents.adapters.registry import get_index
from documents.generations import live_generation
from documents.hits import stood_on
from documents.models import Document, DocumentVersion


def indexed_passages(version: DocumentVersion) -> int:
    """How many of its passages are in the index that is searched, shown or not."""
    generation = live_generation()
    return get_index(generation.pk, generation.dimensions).count_chunks(version.pk)


def version_on(document: Document, day: date | None) -> DocumentVersion | None:
    """The version that a search for that day (None: today's) could show. Rights are the
    caller's to ask."""
    finished = document.versions.filter(state=DocumentVersion.State.READY)
    if day is None:
        return finished.filter(stood_on(timezone.localdate()), live=True).first()
    return finished.filter(stood_on(day), Q(live=True) | Q(replaced_on__isnull=False)).first()
