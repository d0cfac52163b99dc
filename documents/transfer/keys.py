"""The keys of what comes in, derived from the source's: a turn taken twice writes the same rows."""

from __future__ import annotations

import uuid

from documents.models import Document, Source


def document_key(source: Source, document: int) -> uuid.UUID:
    """`document`: its number in the manifest."""
    return uuid.uuid5(source.pk, f"{document}")


def version_key(source: Source, document: int, place: int) -> uuid.UUID:
    """`place`: among the document's versions, from 1."""
    return uuid.uuid5(source.pk, f"{document}/{place}")


def answer_key(source: Source, position: int) -> uuid.UUID:
    return uuid.uuid5(source.pk, f"answer {position}")


def is_coming_in(document: Document) -> bool:
    """Whether it is part of a corpus that is being taken in, with which its title and what is
    attached to it come."""
    source = document.source
    if source is None or source.kind != Source.Kind.TRANSFER:
        return False
    return source.state in {Source.State.QUEUED, Source.State.RUNNING}
