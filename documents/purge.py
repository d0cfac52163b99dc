"""Removing documents for good, and taking vectors away."""

from __future__ import annotations

from datetime import datetime

from documents.adapters.registry import get_index
from documents.generations import live_generation
from documents.models import Document, IndexGeneration
from documents.renditions import delete_files


def purge_documents_deleted_before(moment: datetime) -> int:
    """Remove vectors, files and rows of documents deleted before `moment`; returns how many."""
    documents = list(Document.objects.filter(deleted_at__lt=moment))
    for document in documents:
        purge_document(document)
    return len(documents)


def purge_document(document: Document) -> None:
    """With what is attached to it, and out of every generation: a retired one keeps nothing of what
    was to go either."""
    for attached in document.attachments.all():
        purge_document(attached)
    live_generation()  # there is one
    kept = IndexGeneration.objects.exclude(state=IndexGeneration.State.REMOVED)
    indexes = [get_index(each.pk, each.dimensions) for each in kept]
    for version in document.versions.all():
        for index in indexes:
            index.delete_version(version.pk)
        delete_files(version)
    document.delete()
