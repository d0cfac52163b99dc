"""The passage index on a Qdrant server (1.19 or later, for IDF over a filter).

`qdrant_client` weighs some 80 MB; whoever builds the adapter imports this module there and then.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Self
from uuid import UUID

from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from common.errors import Unavailable
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

# A search takes milliseconds; a batch of points, waited for, up to seconds on a busy server.
TIMEOUT_SECONDS = 10

_CONFLICT = 409  # the collection exists by now

_DAY = models.IntegerIndexParams(type=models.IntegerIndexType.INTEGER, lookup=False, range=True)
_PAYLOAD_INDEXES: dict[str, models.PayloadSchemaType | models.PayloadSchemaParams] = {
    # A tenant's points lie together on disk: no question crosses all corpora of a server.
    "corpus": models.UuidIndexParams(type=models.UuidIndexType.UUID, is_tenant=True),
    "document": models.PayloadSchemaType.UUID,
    "version": models.PayloadSchemaType.UUID,
    "media_type": models.PayloadSchemaType.KEYWORD,
    "language": models.PayloadSchemaType.KEYWORD,
    "section": models.PayloadSchemaType.KEYWORD,
    "live": models.IntegerIndexParams(
        type=models.IntegerIndexType.INTEGER, lookup=True, range=False
    ),
    "valid_from": _DAY,
    "valid_until": _DAY,
}

# Hits repeat the ids of their documents and versions.
_uuid = lru_cache(maxsize=4096)(UUID)


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except (ApiException, QdrantException) as error:  # the latter where it says when to come back
        raise Unavailable(component="Qdrant", cause=str(error) or repr(error)) from error


def _condition(field: str, value: str | int) -> models.FieldCondition:
    return models.FieldCondition(key=field, match=models.MatchValue(value=value))


def _any_of(field: str, values: frozenset[UUID] | frozenset[str]) -> models.FieldCondition:
    wanted = sorted(str(value) for value in values)
    return models.FieldCondition(key=field, match=models.MatchAny(any=wanted))


def _readable(query: IndexQuery) -> models.Filter:
    shown = models.FieldCondition(key="live", match=models.MatchAny(any=shown_to(query)))
    return models.Filter(must=[_any_of("corpus", query.corpora), shown])


def _out_of_force(query: IndexQuery) -> list[models.Condition] | None:
    """As in qdrant_edge.py."""
    if query.day is None:
        return None
    day = query.day.toordinal()
    return [
        models.FieldCondition(key="valid_from", range=models.Range(gt=day)),
        models.FieldCondition(key="valid_until", range=models.Range(lt=day)),
    ]


def _statistics(query: IndexQuery) -> models.SearchParams:
    """IDF over the corpora that are asked, as in qdrant_edge.py."""
    corpora = [_condition("corpus", str(corpus)) for corpus in sorted(query.corpora)]
    corpus = models.Filter(should=[*corpora])
    return models.SearchParams(idf=models.IdfCorpusParams(corpus=corpus))


def _of_version(version: UUID) -> models.Filter:
    return models.Filter(must=[_condition("version", str(version))])


def _restricted(query: IndexQuery) -> models.Filter:
    chosen: dict[str, frozenset[UUID] | frozenset[str]] = {
        "media_type": query.media_types,
        "document": query.documents,
        "language": query.languages,
        "section": query.sections,
    }
    conditions: list[models.Condition] = [_readable(query)]
    conditions += [_any_of(field, values) for field, values in chosen.items() if values]
    return models.Filter(must=conditions, must_not=_out_of_force(query))


def _point_struct(point: IndexPoint) -> models.PointStruct:
    vector: dict[str, models.Vector] = {}
    # A point without the vector does not count in the IDF, one with an empty vector does.
    if point.lexical.indices:
        vector[LEXICAL] = models.SparseVector(
            indices=list(point.lexical.indices), values=list(point.lexical.values)
        )
    if point.dense is not None:
        vector[DENSE] = list(point.dense)
    return models.PointStruct(id=str(point.id), vector=vector, payload=dict(payload_of(point)))


def _hit(found: models.ScoredPoint) -> IndexHit:
    payload: dict[str, Any] = found.payload or {}
    return IndexHit(
        id=UUID(str(found.id)),
        document=_uuid(payload["document"]),
        version=_uuid(payload["version"]),
        score=found.score,
    )


class QdrantServerIndex:
    """Two collections, `<prefix>_chunks` and `<prefix>_files`, created at their first use."""

    def __init__(self, client: QdrantClient, *, prefix: str, dimensions: int = 0) -> None:
        """`dimensions` of the dense vectors, 0 for none."""
        self._client = client
        self._chunks, self._files = f"{prefix}_chunks", f"{prefix}_files"
        self._dimensions = dimensions
        self._known: set[str] = set()
        self._creating = threading.Lock()

    @classmethod
    def connect(cls, url: str, *, prefix: str, dimensions: int = 0, api_key: str = "") -> Self:
        """Sends nothing yet: a server that is down is an error of the first use."""
        client = QdrantClient(
            url=url,
            api_key=api_key or None,
            timeout=TIMEOUT_SECONDS,
            check_compatibility=False,  # it would ask the server at once
        )
        return cls(client, prefix=prefix, dimensions=dimensions)

    def search_chunks(self, query: IndexQuery) -> list[IndexHit]:
        return self._search_lexical(self._chunks, query)

    def search_files(self, query: IndexQuery) -> list[IndexHit]:
        return self._search_lexical(self._files, query)

    def search_chunks_dense(self, query: IndexQuery) -> list[IndexHit]:
        if not query.corpora or query.dense is None:
            return []
        with self._collection(self._chunks) as name:
            found = self._client.query_points(
                name,
                query=list(query.dense),
                using=DENSE,
                query_filter=_restricted(query),
                limit=query.limit,
                with_payload=["document", "version"],
            )
        return ranked(_hit(point) for point in found.points)

    def _search_lexical(self, collection: str, query: IndexQuery) -> list[IndexHit]:
        if not query.corpora or not query.lexical.indices:
            return []
        with self._collection(collection) as name:
            found = self._client.query_points(
                name,
                query=models.SparseVector(
                    indices=list(query.lexical.indices), values=list(query.lexical.values)
                ),
                using=LEXICAL,
                query_filter=_restricted(query),
                search_params=_statistics(query),
                limit=query.limit,
                with_payload=["document", "version"],
            )
        return ranked(_hit(point) for point in found.points)

    def count_chunks(self, version: UUID) -> int:
        with self._collection(self._chunks) as name:
            found = self._client.count(name, count_filter=_of_version(version), exact=True)
        return found.count

    def stored_chunks(self, corpus: UUID | None = None) -> Iterator[StoredPoint]:
        return self._stored(self._chunks, corpus)

    def stored_files(self, corpus: UUID | None = None) -> Iterator[StoredPoint]:
        return self._stored(self._files, corpus)

    def _stored(self, collection: str, corpus: UUID | None) -> Iterator[StoredPoint]:
        chosen = models.Filter(must=[_condition("corpus", str(corpus))]) if corpus else None
        offset = None
        while True:
            with self._collection(collection) as name:
                points, offset = self._client.scroll(
                    name,
                    scroll_filter=chosen,
                    limit=POINTS_PER_BATCH,
                    offset=offset,
                    with_payload=STORED_FIELDS,
                )
            for point in points:
                yield stored_point(point.id, point.payload)
            if offset is None:
                return

    def write_chunks(self, points: Sequence[IndexPoint]) -> None:
        for start in range(0, len(points), POINTS_PER_BATCH):
            self._upsert(self._chunks, points[start : start + POINTS_PER_BATCH])

    def write_file(self, point: IndexPoint) -> None:
        self._upsert(self._files, [point])

    def _upsert(self, collection: str, points: Sequence[IndexPoint]) -> None:
        batch = [_point_struct(point) for point in points]
        with self._collection(collection) as name:
            self._client.upsert(name, points=batch, wait=True)

    def write_points(self, kind: str, points: Sequence[IndexPoint]) -> None:
        """`kind` is "chunks" or "files", whose points are otherwise written one by one."""
        self._upsert({"chunks": self._chunks, "files": self._files}[kind], points)

    def set_standing(self, version: UUID, standing: Standing) -> None:
        payload = standing_payload(standing)
        # Chunks are what answers show: first to vanish, last to appear.
        appears = standing.shown == Shown.LIVE
        order = (self._files, self._chunks) if appears else (self._chunks, self._files)
        for collection in order:
            with self._collection(collection) as name:
                self._client.set_payload(
                    name, dict(payload), points=_of_version(version), wait=True
                )

    def delete_version(self, version: UUID) -> None:
        selector = models.FilterSelector(filter=_of_version(version))
        for collection in (self._chunks, self._files):
            with self._collection(collection) as name:
                self._client.delete(name, points_selector=selector, wait=True)

    def delete_points(self, ids: Sequence[UUID]) -> None:
        selector = models.PointIdsList(points=[str(id_) for id_ in ids])
        for collection in (self._chunks, self._files):
            with self._collection(collection) as name:
                self._client.delete(name, points_selector=selector, wait=True)

    def take_alias(self, alias: str) -> None:
        """Have `alias` with the collections' own endings mean this generation, at once for both:
        for who looks at the server; Cassandre itself goes by its row in the database."""
        with _failures_named():
            known = {each.alias_name for each in self._client.get_aliases().aliases}
        operations: list[models.AliasOperations] = []
        for collection in (self._chunks, self._files):
            called = f"{alias}_{collection.rpartition('_')[2]}"
            with self._collection(collection) as name:
                made = models.CreateAlias(collection_name=name, alias_name=called)
            if called in known:
                gone = models.DeleteAlias(alias_name=called)
                operations.append(models.DeleteAliasOperation(delete_alias=gone))
            operations.append(models.CreateAliasOperation(create_alias=made))
        with _failures_named():
            self._client.update_collection_aliases(operations)

    def drop(self) -> None:
        """Remove both collections; they may be gone already."""
        with _failures_named():
            for name in (self._chunks, self._files):
                self._client.delete_collection(name)

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _collection(self, name: str) -> Iterator[str]:
        """The collection, there by now, its failures named."""
        with _failures_named():
            if name not in self._known:
                with self._creating:
                    self._create(name)
                self._known.add(name)
            yield name

    def _create(self, name: str) -> None:
        """Takes up where another process, or this one killed, left it."""
        if not self._client.collection_exists(name):
            try:
                self._client.create_collection(
                    name,
                    vectors_config=self._dense_config(name),
                    sparse_vectors_config={
                        LEXICAL: models.SparseVectorParams(
                            modifier=models.Modifier.IDF,
                            # Half the memory; weights differ in their fourth digit.
                            index=models.SparseIndexParams(datatype=models.Datatype.FLOAT16),
                        )
                    },
                )
            except UnexpectedResponse as error:
                if error.status_code != _CONFLICT:
                    raise
        indexed = self._client.get_collection(name).payload_schema
        for field, schema in _PAYLOAD_INDEXES.items():
            if field not in indexed:
                self._client.create_payload_index(name, field, field_schema=schema, wait=True)

    def _dense_config(self, name: str) -> dict[str, models.VectorParams]:
        if not self._dimensions or name != self._chunks:
            return {}
        size = self._dimensions
        return {DENSE: models.VectorParams(size=size, distance=models.Distance.COSINE)}
