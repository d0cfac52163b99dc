"""The passage index in this process: two Qdrant Edge shards, one folder per generation.

Segments are never optimised here: `optimize()` holds the interpreter for seconds. What is written
stays in memory until the next start (documents/adapters/edge_compaction.py).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast
from uuid import UUID

from qdrant_edge import (
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeShard,
    EdgeVectorParams,
    Filter,
    IntegerIndexParams,
    KeywordIndexParams,
    Point,
    Query,
    QueryRequest,
    ScoredPoint,
    ScrollRequest,
    UpdateOperation,
    UuidIndexParams,
)
from qdrant_edge import SparseVector as EdgeSparseVector

from common.errors import Unavailable
from documents.adapters.edge_compaction import TERMS, mend
from documents.adapters.edge_filters import Corpora, condition, restricted
from documents.adapters.edge_points import Batch, batch_of
from documents.adapters.open_mark import OpenMark
from documents.adapters.passage_payload import (
    DENSE,
    LEXICAL,
    POINTS_PER_BATCH,
    STORED_FIELDS,
    payload_of,
    ranked,
    standing_payload,
    stored_point,
)
from documents.ports import IndexHit, IndexPoint, IndexQuery, Shown, Standing, StoredPoint

if TYPE_CHECKING:  # names of the type stubs alone
    from qdrant_edge import NamedVector

# Each call holds the interpreter, and a search of another thread waits for its end: 3 ms.
_POINTS_PER_UPDATE = 16
# A shard that is never optimised has one segment, hence little to search in parallel; the
# default is one thread per core and shard.
_SEARCH_THREADS = 2

_PayloadIndexes = dict[str, UuidIndexParams | KeywordIndexParams | IntegerIndexParams]

# Each index takes 5 MB from the moment the shard is loaded.
_FILE_INDEXES: _PayloadIndexes = {
    "corpus": UuidIndexParams(is_tenant=True),
    "version": UuidIndexParams(),
    "live": IntegerIndexParams(lookup=True, range=False),
    "valid_from": IntegerIndexParams(lookup=False, range=True),
    "valid_until": IntegerIndexParams(lookup=False, range=True),
}
_CHUNK_INDEXES: _PayloadIndexes = {
    **_FILE_INDEXES,
    "document": UuidIndexParams(),
    "media_type": KeywordIndexParams(),
    "language": KeywordIndexParams(),
    "section": KeywordIndexParams(),
}


# Hits repeat the ids of their documents and versions.
_uuid = lru_cache(maxsize=4096)(UUID)


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the binding raises nothing more precise
        raise Unavailable(component="Qdrant Edge", cause=str(error)) from error


def _config(dimensions: int) -> EdgeConfig:
    return EdgeConfig(
        vectors={DENSE: EdgeVectorParams(size=dimensions, distance=Distance.Cosine)}
        if dimensions
        else None,
        sparse_vectors={LEXICAL: TERMS},
        max_search_threads=_SEARCH_THREADS,
        wal_enabled=True,
    )


def _create(folder: Path, config: EdgeConfig, indexes: _PayloadIndexes) -> None:
    """Under another name first: a folder that exists is complete, wherever the power went off."""
    building = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    shard = EdgeShard.create(str(building), config)
    for field, params in indexes.items():
        shard.update(UpdateOperation.create_field_index(field, params))
    shard.flush()
    shard.close()
    building.rename(folder)


def _open(folder: Path, dimensions: int, indexes: _PayloadIndexes) -> EdgeShard:
    config = _config(dimensions)
    mend(folder)
    with _failures_named():
        if not folder.exists():
            _create(folder, config, indexes)
        shard = EdgeShard.load(str(folder), config)
        for field in indexes.keys() - shard.info().payload_schema.keys():
            shard.update(UpdateOperation.create_field_index(field, indexes[field]))
        return shard


def _of_version(version: UUID) -> Filter:
    return Filter(must=[condition("version", str(version))])


def _edge_point(point: IndexPoint) -> Point:
    vector: dict[str, NamedVector] = {}
    # A point without the vector does not count in the IDF, one with an empty vector does.
    if point.lexical.indices:
        vector[LEXICAL] = EdgeSparseVector(list(point.lexical.indices), list(point.lexical.values))
    if point.dense is not None:
        vector[DENSE] = list(point.dense)
    return Point(point.id, vector, payload_of(point))


def _hit(found: ScoredPoint) -> IndexHit:
    payload = found.payload or {}
    return IndexHit(
        id=cast(UUID, found.id),  # as all ids written here are
        document=_uuid(payload["document"]),
        version=_uuid(payload["version"]),
        score=found.score,
    )


def _search(shard: EdgeShard, request: QueryRequest) -> list[IndexHit]:
    with _failures_named():
        found = shard.query(request)
    return ranked(_hit(point) for point in found)


def _search_lexical(shard: EdgeShard, corpora: Corpora, query: IndexQuery) -> list[IndexHit]:
    if not query.corpora or not query.lexical.indices:
        return []
    question = EdgeSparseVector(list(query.lexical.indices), list(query.lexical.values))
    request = QueryRequest(
        limit=query.limit,
        query=Query.Nearest(question, LEXICAL),
        filter=restricted(query),
        params=corpora.statistics(query.corpora),
        with_payload=["document", "version"],
    )
    return _search(shard, request)


def _stored(shard: EdgeShard, corpus: UUID | None) -> Iterator[StoredPoint]:
    of_corpus = Filter(must=[condition("corpus", str(corpus))]) if corpus else None
    offset = None
    while True:
        request = ScrollRequest(
            offset=offset, limit=POINTS_PER_BATCH, filter=of_corpus, with_payload=STORED_FIELDS
        )
        with _failures_named():
            points, offset = shard.scroll(request)
        for point in points:
            yield stored_point(point.id, point.payload)
        if offset is None:
            return


class QdrantEdgeIndex:
    """May be used from several threads: the engine serialises writes, each call is one step.

    One process alone may open `folder`: hold the IndexLock of the folder above it before.
    """

    def __init__(self, folder: Path, *, dimensions: int = 0) -> None:
        """`dimensions` of the dense vectors, 0 for none."""
        self._mark = OpenMark(folder)
        self._changed = False
        self._chunks = _open(folder / "chunks", dimensions, _CHUNK_INDEXES)
        self._files = _open(folder / "files", 0, _FILE_INDEXES)
        with _failures_named():
            self._corpora = Corpora(self._chunks, self._files)
        self.may_lack_points = self._mark.left_by_a_machine_that_went_down
        self._mark.write()

    def search_chunks(self, query: IndexQuery) -> list[IndexHit]:
        return _search_lexical(self._chunks, self._corpora, query)

    def search_files(self, query: IndexQuery) -> list[IndexHit]:
        return _search_lexical(self._files, self._corpora, query)

    def search_chunks_dense(self, query: IndexQuery) -> list[IndexHit]:
        if not query.corpora or query.dense is None:
            return []
        request = QueryRequest(
            limit=query.limit,
            query=Query.Nearest(list(query.dense), DENSE),
            filter=restricted(query),
            with_payload=["document", "version"],
        )
        return _search(self._chunks, request)

    def count_chunks(self, version: UUID) -> int:
        with _failures_named():
            count: int = self._chunks.count(CountRequest(exact=True, filter=_of_version(version)))
        return count

    def stored_chunks(self, corpus: UUID | None = None) -> Iterator[StoredPoint]:
        return _stored(self._chunks, corpus)

    def stored_files(self, corpus: UUID | None = None) -> Iterator[StoredPoint]:
        return _stored(self._files, corpus)

    def whole_points(self, kind: str, after: UUID | None = None) -> Batch:
        """`kind` is "chunks" or "files"; `after` is where the last batch said the next begins."""
        shard = {"chunks": self._chunks, "files": self._files}[kind]
        with _failures_named():
            return batch_of(shard, after)

    def write_chunks(self, points: Sequence[IndexPoint]) -> None:
        self._corpora.add(points)
        for start in range(0, len(points), _POINTS_PER_UPDATE):
            batch = [_edge_point(point) for point in points[start : start + _POINTS_PER_UPDATE]]
            self._update(self._chunks, UpdateOperation.upsert_points(batch))

    def write_file(self, point: IndexPoint) -> None:
        self._corpora.add([point])
        self._update(self._files, UpdateOperation.upsert_points([_edge_point(point)]))

    def set_standing(self, version: UUID, standing: Standing) -> None:
        payload = standing_payload(standing)
        operation = UpdateOperation.set_payload_by_filter(_of_version(version), payload)
        # Chunks are what answers show: first to vanish, last to appear.
        appears = standing.shown == Shown.LIVE
        for shard in (self._files, self._chunks) if appears else (self._chunks, self._files):
            self._update(shard, operation)

    def delete_version(self, version: UUID) -> None:
        operation = UpdateOperation.delete_points_by_filter(_of_version(version))
        for shard in (self._chunks, self._files):
            self._update(shard, operation)

    def delete_points(self, ids: Sequence[UUID]) -> None:
        for shard in (self._chunks, self._files):
            self._update(shard, UpdateOperation.delete_points(list(ids)))

    def _update(self, shard: EdgeShard, operation: UpdateOperation) -> None:
        self._changed = True
        with _failures_named():
            shard.update(operation)

    def flush(self) -> None:
        """Write down what has changed. The log survives a killed process, a flush also the loss of
        power; and it ends the log, which would otherwise be read again as a whole at the next
        start. It waits for the disk, some 30 ms in which the interpreter is held: not at each
        file, but from time to time (documents.adapters.registry.flush_indexes)."""
        if not self._changed:
            return
        self._changed = False
        with _failures_named():
            self._chunks.flush()
            self._files.flush()

    def close(self) -> None:
        self.flush()
        with _failures_named():
            self._chunks.close()
            self._files.close()
        self._mark.remove()
