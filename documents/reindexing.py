"""Building the passage index anew from the database, which holds all that it needs."""

from __future__ import annotations

from django.utils import timezone

from documents.models import DocumentVersion

State = DocumentVersion.State


def reindex_everything() -> int:
    """Queue every version that is online for indexing; returns how many.

    Only rows are touched: the process that holds the index takes them up at its next sweep, or
    at its start. Each is out of the search until its own turn is over.
    """
    return DocumentVersion.objects.filter(state=State.READY, live=True).update(
        state=State.QUEUED,
        step=DocumentVersion.Step.INDEX,
        attempts=0,
        enqueue_at=timezone.now(),
    )
