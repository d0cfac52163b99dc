"""The one function that gives a passage index: Qdrant Edge in this process, or a Qdrant server."""

from __future__ import annotations

import threading
from pathlib import Path
from urllib.request import urlopen
from uuid import UUID

from django.conf import settings

from documents.adapters.index_lock import IndexLock
from documents.ports import PassageIndex

_guard = threading.Lock()
_open: dict[UUID, PassageIndex] = {}
_lock: IndexLock | None = None


def index_folder() -> Path:
    return Path(settings.CASSANDRE_DATA) / "index"


def lock_index() -> None:
    """Take the embedded index for this process; raises IndexLocked where another has it.

    Before any create or load: a second process's failed load breaks the first one's flush.
    """
    global _lock
    if settings.QDRANT_URL or _lock is not None:
        return
    lock = IndexLock(index_folder())
    lock.acquire()
    _lock = lock


def get_index(generation: UUID, dimensions: int) -> PassageIndex:
    """The index of a generation; `dimensions` of its dense vectors, 0 for none."""
    with _guard:
        if generation not in _open:
            lock_index()
            _open[generation] = _create(generation, dimensions)
        return _open[generation]


def _create(generation: UUID, dimensions: int) -> PassageIndex:
    if settings.QDRANT_URL:
        from documents.adapters.qdrant_server import (  # noqa: PLC0415 (heavy, only where used)
            QdrantServerIndex,
        )

        return QdrantServerIndex.connect(
            settings.QDRANT_URL, prefix=f"cassandre_{generation.hex}", dimensions=dimensions
        )
    from documents.adapters.qdrant_edge import (  # noqa: PLC0415 (heavy, only where used)
        QdrantEdgeIndex,
    )

    return QdrantEdgeIndex(index_folder() / generation.hex, dimensions=dimensions)


def close_indexes() -> None:
    """Flush and close everything, then give the lock back."""
    global _lock
    with _guard:
        while _open:
            _open.popitem()[1].close()
        if _lock is not None:
            _lock.release()
            _lock = None


def check_index() -> str:
    """For /readyz: raises where a Qdrant server does not answer."""
    if not settings.QDRANT_URL:
        return "qdrant edge"
    with urlopen(f"{settings.QDRANT_URL}/readyz", timeout=2):  # noqa: S310 (an operator's address)
        return "qdrant server"
