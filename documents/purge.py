"""Removing documents for good, and taking vectors away."""

from __future__ import annotations

from datetime import datetime

from documents.adapters.registry import get_index
from documents.generations import live_generation
from documents.models import Document


def purge_documents_deleted_before(moment: datetime) -> int:
    """Remove vectors, files and rows of documents deleted before `moment`; returns how many."""
    documents = list(Document.objects.filter(deleted_at__lt=moment))
    for document in documents:
        purge_document(document)
    return len(documents)


def purge_document(document: Document) -> None:
    generation = live_generation()
    index = get_index(generation.pk, generation.dimensions)
    for version in document.versions.all():
        index.delete_version(version.pk)
        version.file.delete(save=False)
    document.delete()
