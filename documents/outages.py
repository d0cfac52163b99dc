"""Whether a failure is the file's, or that of a service which would fail every file.

Where the error does not say it, the service is asked once more, with nothing of the file: who
fails then fails for all.
"""

from __future__ import annotations

import errno
import uuid

from django.conf import settings

from ai.errors import (
    EmbedderNotInstalled,
    EmbeddingModelMissing,
    ModelBusy,
    ModelConnectionLost,
    ModelError,
    ModelRefusedKey,
    ModelTimedOut,
)
from common.errors import CassandreError, Unavailable
from documents.adapters.registry import get_index
from documents.errors import EmbeddingFailed, StorageFull
from documents.generations import live_generation
from documents.indexing import CHUNKS_PER_BATCH, embedder_of
from documents.ports import HIDDEN

# They say themselves that no text would do.
_OF_THE_SERVICE = (
    EmbedderNotInstalled,
    EmbeddingModelMissing,
    ModelBusy,
    ModelConnectionLost,
    ModelRefusedKey,
    ModelTimedOut,
)
# Somebody must provide it first; their sentences say it better than that of a failing server.
_MISSING = (EmbedderNotInstalled, EmbeddingModelMissing)
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_INDEX = "Qdrant"
# As much as a file asks for at a time: one that takes a word alone does not work.
_HARMLESS = ["leave days office rules travel " * 30] * CHUNKS_PER_BATCH


def outage_behind(error: Exception) -> CassandreError | None:
    """The service's failure, with the sentence for curators; None where the file is at fault."""
    if isinstance(error, OSError) and error.errno in _DISK:
        return StorageFull(cause=str(error))
    if isinstance(error, ModelError):
        return _named(error) if isinstance(error, _OF_THE_SERVICE) else _asked_to_embed()
    if isinstance(error, Unavailable):
        is_index = str(error.params.get("component", "")).startswith(_INDEX)
        return _asked_to_write() if is_index else error
    return None


def _named(error: ModelError) -> CassandreError:
    if isinstance(error, _MISSING):
        return error
    waits = {name: value for name, value in error.params.items() if name == "retry_after"}
    return EmbeddingFailed(
        model=settings.EMBEDDING_MODEL, reason=error.code, cause=str(error), **waits
    )


def _asked_to_embed() -> CassandreError | None:
    try:
        embedder = embedder_of(live_generation())
        if embedder is not None:
            embedder.embed_passages(_HARMLESS)
    except ModelError as error:
        return _named(error)
    return None


def _asked_to_write() -> CassandreError | None:
    try:
        generation = live_generation()
        index = get_index(generation.pk, generation.dimensions)
        index.set_standing(uuid.uuid4(), HIDDEN)  # of nothing
    except Unavailable as error:
        return error
    return None
