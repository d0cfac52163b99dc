"""What a source has no more: marked, never removed. Its curators decide."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from documents.models import Document, Source, SourceEntry

Seen = SourceEntry.State


def mark_vanished(source: Source) -> None:
    """At the end of a look that was complete: what it has not come across."""
    if source.finished_at is None:  # the first: all that is written down is of this one
        return
    unseen = SourceEntry.objects.filter(source=source, seen_at__lte=source.finished_at)
    unseen.filter(document=None).exclude(state=Seen.VANISHED).delete()
    gone = unseen.exclude(state=Seen.VANISHED)
    keys = list(gone.values_list("document", flat=True))
    gone.update(state=Seen.VANISHED, error_code="", error_params={})
    present = SourceEntry.objects.filter(document=OuterRef("pk")).exclude(state=Seen.VANISHED)
    # Only what this source has brought: what a person has uploaded too is that person's.
    vanished = Document.objects.filter(pk__in=keys, source=source, vanished_at=None)
    vanished.exclude(Exists(present)).update(vanished_at=timezone.now())


def unmark(documents: QuerySet[Document]) -> None:
    documents.exclude(vanished_at=None).update(vanished_at=None)
