"""The one function that gives a passage index: Qdrant Edge in this process or in the worker beside
it, or a Qdrant server."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.request import urlopen
from uuid import UUID

from django.conf import settings

from documents.adapters.index_lock import IndexLock
from documents.adapters.index_wire import IndexLine, RemoteIndex
from documents.ports import PassageIndex

if TYPE_CHECKING:
    from documents.adapters.qdrant_edge import QdrantEdgeIndex
    from documents.adapters.qdrant_server import QdrantServerIndex

PREFIX = "cassandre_"  # of all that is ours on a server
LIVE_ALIAS = f"{PREFIX}live"

_guard = threading.Lock()
_open: dict[UUID, PassageIndex] = {}
_asked: dict[UUID, float] = {}  # when, by the monotonic clock
_lock: IndexLock | None = None
_line: IndexLine | None = None


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


def lock_descriptor() -> int | None:
    """For the worker, which holds the lock too: it is free when both are gone."""
    return _lock.descriptor if _lock is not None else None


def adopt_lock(descriptor: int) -> None:
    """Hold the lock that the parent process has taken."""
    global _lock
    _lock = IndexLock(index_folder(), descriptor)


def ask_worker(line: IndexLine | None) -> None:
    """From now on the embedded index is the worker's at the other end; None: this process's."""
    global _line
    _line = line


def get_index(generation: UUID, dimensions: int) -> PassageIndex:
    """The index of a generation; `dimensions` of its dense vectors, 0 for none."""
    if _line is not None:
        return RemoteIndex(_line, generation, dimensions)
    with _guard:
        if generation not in _open:
            lock_index()
            _open[generation] = _create(generation, dimensions)
        _asked[generation] = time.monotonic()
        return _open[generation]


def _create(generation: UUID, dimensions: int) -> PassageIndex:
    if settings.QDRANT_URL:
        return _connect(generation, dimensions)
    from documents.adapters.qdrant_edge import (  # noqa: PLC0415 (heavy, only where used)
        QdrantEdgeIndex,
    )

    return QdrantEdgeIndex(index_folder() / generation.hex, dimensions=dimensions)


def _connect(generation: UUID, dimensions: int) -> QdrantServerIndex:
    return server_index(settings.QDRANT_URL, settings.QDRANT_API_KEY, generation, dimensions)


def server_index(url: str, api_key: str, generation: UUID, dimensions: int) -> QdrantServerIndex:
    """That of a generation on the server at `url`, whether or not it is the one in use."""
    from documents.adapters.qdrant_server import (  # noqa: PLC0415 (heavy, only where used)
        QdrantServerIndex,
    )

    return QdrantServerIndex.connect(
        url, prefix=f"{PREFIX}{generation.hex}", dimensions=dimensions, api_key=api_key
    )


def flush_indexes() -> None:
    """Have what was written to embedded indexes survive the loss of power, too."""
    for index in _edge_indexes():
        index.flush()


def indexes_in_doubt() -> bool:
    """Whether one that is open here may lack points, because the machine went down with it open.
    Told once."""
    in_doubt = [index for index in _edge_indexes() if index.may_lack_points]
    for index in in_doubt:
        index.may_lack_points = False
    return bool(in_doubt)


def _edge_indexes() -> list[QdrantEdgeIndex]:
    if settings.QDRANT_URL:
        return []
    with _guard:
        return [cast("QdrantEdgeIndex", index) for index in _open.values()]


def close_index(generation: UUID, *, idle_s: float = 0) -> None:
    """Give its memory back, where nobody has asked for it in the last `idle_s` seconds; it opens
    again where it is asked for."""
    with _guard:
        if generation in _open and time.monotonic() - _asked[generation] >= idle_s:
            _open.pop(generation).close()


def remove_index(generation: UUID, dimensions: int) -> None:
    """Everything that the index of a generation keeps. It may be gone already."""
    close_index(generation)
    if settings.QDRANT_URL:
        index = _connect(generation, dimensions)
        index.drop()
        index.close()
        return
    lock_index()
    # Under another name first: half a folder would be taken for an index.
    folder = index_folder() / generation.hex
    leaving = folder.with_name(f"{folder.name}.old")
    if folder.exists():
        folder.rename(leaving)
    shutil.rmtree(leaving, ignore_errors=True)


def name_live(generation: UUID, dimensions: int) -> None:
    """On a server, have the alias `cassandre_live_…` mean this generation. An embedded index has
    no alias; nothing is asked of it here, so that another process may hold it."""
    if settings.QDRANT_URL:
        index = _connect(generation, dimensions)
        index.take_alias(LIVE_ALIAS)
        index.close()


def index_bytes(generation: UUID) -> int | None:
    """What it takes on this machine's disk; None where a server keeps it."""
    if settings.QDRANT_URL:
        return None
    files = (index_folder() / generation.hex).rglob("*")
    total = 0
    for file in files:
        with suppress(OSError):  # a segment may be merged away meanwhile
            # What is allocated: files are made large and mostly empty.
            total += file.stat().st_blocks * 512
    return total


def compact_index(generation: UUID, announce: Callable[[], None]) -> None:
    """Take what was added to the embedded index out of memory, where it is worth the seconds;
    `announce` is called before them. Before the index is opened, with its lock held."""
    if settings.QDRANT_URL or _lock is None or generation in _open:
        return
    from documents.adapters.edge_compaction import (  # noqa: PLC0415 (heavy, only where used)
        WORTH_BYTES,
        bytes_in_memory,
        compact,
    )

    for shard in (index_folder() / generation.hex / name for name in ("chunks", "files")):
        if bytes_in_memory(shard) >= WORTH_BYTES:
            announce()
            compact(shard)


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
