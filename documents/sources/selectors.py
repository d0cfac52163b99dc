"""The only way to sources: for the curators of their corpus, as documents/selectors.py has it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from common.errors import NotFound
from documents.models import Corpus, Document, Source, SourceEntry
from documents.selectors import corpora_curated_by, documents_curated_by

Seen = SourceEntry.State


def sources_of_corpus(user: User, corpus: Corpus) -> QuerySet[Any]:
    """Newest first, with `count_taken`, `count_known`, `count_refused` and `count_vanished`."""
    counts = {f"count_{state}": Count("entries", filter=Q(entries__state=state)) for state in Seen}
    return (
        Source.objects.filter(corpus=corpus, corpus__in=corpora_curated_by(user))
        .select_related("created_by")
        .annotate(**counts)
        .order_by("-created_at", "pk")
    )


def archives_under_way(user: User, since: datetime) -> QuerySet[Any]:
    """Zips that are being unpacked, whole corpora among them, and those that ended after `since`
    with something to say: they failed, or some of their files were refused. With
    `count_refused`."""
    refused = Count("entries", filter=Q(entries__state=Seen.REFUSED))
    active = Q(state__in=[Source.State.QUEUED, Source.State.RUNNING])
    told = Q(state=Source.State.FAILED) | Q(count_refused__gt=0)
    return (
        Source.objects.filter(
            kind__in=[Source.Kind.ARCHIVE, Source.Kind.TRANSFER],
            corpus__in=corpora_curated_by(user),
        )
        .annotate(count_refused=refused)
        .filter(active | (told & Q(finished_at__gte=since)))
        .order_by("-created_at", "pk")
    )


def get_source_for_curator(user: User, corpus: UUID, pk: UUID) -> Source:
    found = (
        Source.objects.filter(pk=pk, corpus=corpus, corpus__in=corpora_curated_by(user))
        .select_related("corpus", "created_by")
        .first()
    )
    if found is None:
        raise NotFound(cause=f"source {pk} of corpus {corpus}")
    return found


def entries_of(user: User, source: Source) -> QuerySet[SourceEntry]:
    return SourceEntry.objects.filter(
        source=source, source__corpus__in=corpora_curated_by(user)
    ).select_related("document")


def vanished_documents(user: User, source: Source) -> QuerySet[Document]:
    """What the source has brought and has no more."""
    return documents_curated_by(user).filter(source=source, vanished_at__isnull=False)
