"""Points of an Edge shard as a whole, with their vectors: what a move to a server takes along."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from qdrant_edge import EdgeShard, Record, ScrollRequest

from documents.adapters.passage_payload import (
    DENSE,
    LEXICAL,
    POINTS_PER_BATCH,
    point_of,
    stored_point,
)
from documents.ports import IndexPoint, SparseVector

# In the order of their ids, and where the next batch begins; None behind the last one.
Batch = tuple[list[IndexPoint], UUID | None]


def batch_of(shard: EdgeShard, offset: UUID | None) -> Batch:
    request = ScrollRequest(
        offset=offset, limit=POINTS_PER_BATCH, with_payload=True, with_vector=True
    )
    found, following = shard.scroll(request)
    return [_point(record) for record in found], cast(UUID | None, following)


def _point(record: Record) -> IndexPoint:
    payload, vectors = record.payload or {}, cast(dict[str, Any], record.vector or {})
    lexical, dense = vectors.get(LEXICAL), vectors.get(DENSE)
    words = (tuple(lexical.indices), tuple(lexical.values)) if lexical else ((), ())
    return point_of(
        stored_point(record.id, payload),
        payload,
        SparseVector(*words),
        None if dense is None else tuple(dense),
    )
