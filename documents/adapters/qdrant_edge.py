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
    FieldCondition,
    Filter,
    IdfParams,
    IntegerIndexParams,
    KeywordIndexParams,
    MatchAny,
    MatchValue,
    Point,
    Query,
    QueryRequest,
    RangeFloat,
    ScoredPoint,
    ScrollRequest,
    SearchParams,
    UpdateOperation,
    UuidIndexParams,
)
from qdrant_edge import SparseVector as EdgeSparseVector

from common.errors import Unavailable
from documents.adapters.edge_compaction import TERMS, mend
from documents.adapters.passage_payload import (
    DENSE,
    LEXICAL,
    POINTS_PER_BATCH,
    STORED_FIELDS,
    payload_of,
    ranked,
    shown_to,
    standing_payload,
    stored_point,
)
from documents.ports import IndexHit, IndexPoint, IndexQuery, Shown, Standing, StoredPoint

if TYPE_CHECKING:  # names of the type stubs alone
    from qdrant_edge import ConditionType, NamedVector

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


def _condition(field: str, value: str | int) -> FieldCondition:
    return FieldCondition(field, match=MatchValue(value))


def _any_of(field: str, values: frozenset[UUID] | frozenset[str]) -> FieldCondition:
    return FieldCondition(field, match=MatchAny(sorted(str(value) for value in values)))


def _readable(query: IndexQuery) -> Filter:
    shown = FieldCondition("live", match=MatchAny(shown_to(query)))
    return Filter(must=[_any_of("corpus", query.corpora), shown])


def _out_of_force(query: IndexQuery) -> list[ConditionType] | None:
    """What to leave out, rather than what to keep: most points have no dates."""
    if query.day is None:
        return None
    day = query.day.toordinal()
    return [
        FieldCondition("valid_from", range=RangeFloat(gt=day)),
        FieldCondition("valid_until", range=RangeFloat(lt=day)),
    ]


def _statistics(query: IndexQuery) -> SearchParams:
    """IDF over the corpora that are asked: over all of them, it would go on counting deleted
    points, and scores would tell of corpora that are closed to the asker. One condition per
    corpus is answered from the payload index; a second field would be read point by point,
    20 ms instead of 1 at 100,000 points, hence hidden points count."""
    corpora = [_condition("corpus", str(corpus)) for corpus in sorted(query.corpora)]
    return SearchParams(idf=IdfParams(corpus=Filter(should=[*corpora])))


def _of_version(version: UUID) -> Filter:
    return Filter(must=[_condition("version", str(version))])


def _restricted(query: IndexQuery) -> Filter:
    chosen: dict[str, frozenset[UUID] | frozenset[str]] = {
        "media_type": query.media_types,
        "document": query.documents,
        "language": query.languages,
        "section": query.sections,
    }
    conditions: list[ConditionType] = [_readable(query)]
    conditions += [_any_of(field, values) for field, values in chosen.items() if values]
    return Filter(must=conditions, must_not=_out_of_force(query))


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


def _search_lexical(shard: EdgeShard, query: IndexQuery) -> list[IndexHit]:
    if not query.corpora or not query.lexical.indices:
        return []
    question = EdgeSparseVector(list(query.lexical.indices), list(query.lexical.values))
    request = QueryRequest(
        limit=query.limit,
        query=Query.Nearest(question, LEXICAL),
        filter=_restricted(query),
        params=_statistics(query),
        with_payload=["document", "version"],
    )
    return _search(shard, request)


def _stored(shard: EdgeShard, corpus: UUID | None) -> Iterator[StoredPoint]:
    of_corpus = Filter(must=[_condition("corpus", str(corpus))]) if corpus else None
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


def _update(shard: EdgeShard, operation: UpdateOperation) -> None:
    with _failures_named():
        shard.update(operation)


class QdrantEdgeIndex:
    """May be used from several threads: the engine serialises writes, each call is one step.

    One process alone may open `folder`: hold the IndexLock of the folder above it before.
    """

    def __init__(self, folder: Path, *, dimensions: int = 0) -> None:
        """`dimensions` of the dense vectors, 0 for none."""
        self._chunks = _open(folder / "chunks", dimensions, _CHUNK_INDEXES)
        self._files = _open(folder / "files", 0, _FILE_INDEXES)

    def search_chunks(self, query: IndexQuery) -> list[IndexHit]:
        return _search_lexical(self._chunks, query)

    def search_files(self, query: IndexQuery) -> list[IndexHit]:
        return _search_lexical(self._files, query)

    def search_chunks_dense(self, query: IndexQuery) -> list[IndexHit]:
        if not query.corpora or query.dense is None:
            return []
        request = QueryRequest(
            limit=query.limit,
            query=Query.Nearest(list(query.dense), DENSE),
            filter=_restricted(query),
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

    def write_chunks(self, points: Sequence[IndexPoint]) -> None:
        for start in range(0, len(points), POINTS_PER_BATCH):
            batch = [_edge_point(point) for point in points[start : start + POINTS_PER_BATCH]]
            _update(self._chunks, UpdateOperation.upsert_points(batch))

    def write_file(self, point: IndexPoint) -> None:
        _update(self._files, UpdateOperation.upsert_points([_edge_point(point)]))

    def set_standing(self, version: UUID, standing: Standing) -> None:
        payload = standing_payload(standing)
        operation = UpdateOperation.set_payload_by_filter(_of_version(version), payload)
        # Chunks are what answers show: first to vanish, last to appear.
        appears = standing.shown == Shown.LIVE
        for shard in (self._files, self._chunks) if appears else (self._chunks, self._files):
            _update(shard, operation)
        self._flush()

    def delete_version(self, version: UUID) -> None:
        operation = UpdateOperation.delete_points_by_filter(_of_version(version))
        for shard in (self._chunks, self._files):
            _update(shard, operation)
        self._flush()

    def delete_points(self, ids: Sequence[UUID]) -> None:
        for shard in (self._chunks, self._files):
            _update(shard, UpdateOperation.delete_points(list(ids)))
        self._flush()

    def _flush(self) -> None:
        """The log survives a killed process, a flush also the loss of power; and it ends the log,
        which would otherwise be read again as a whole at the next start."""
        with _failures_named():
            self._chunks.flush()
            self._files.flush()

    def close(self) -> None:
        with _failures_named():
            self._chunks.close()
            self._files.close()
