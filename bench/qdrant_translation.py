"""From the REST wire of Qdrant to the calls of Qdrant Edge, and back: as much of it as
documents.adapters.qdrant_server sends.

Whether those requests have the documented form is what test_qdrant_requests.py proves; here they
are taken as they come, since a model's validation would cost more than the search.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from qdrant_edge import (
    Distance,
    EdgeConfig,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    IdfParams,
    IntegerIndexParams,
    KeywordIndexParams,
    MatchAny,
    MatchValue,
    Memory,
    Modifier,
    Point,
    Query,
    QueryRequest,
    RangeFloat,
    ScrollRequest,
    SearchParams,
    SparseVector,
    UuidIndexParams,
)

if TYPE_CHECKING:  # names of the type stubs alone
    from qdrant_edge import PointId

Json = dict[str, Any]

_INDEXES = {
    "uuid": UuidIndexParams,
    "keyword": KeywordIndexParams,
    "integer": IntegerIndexParams,
}
# As documents/adapters/edge_compaction.py has it: the terms stay on disk.
_FULL_SCAN = 200


def collection(wanted: Json) -> EdgeConfig:
    dense = {
        name: EdgeVectorParams(size=params["size"], distance=getattr(Distance, params["distance"]))
        for name, params in (wanted.get("vectors") or {}).items()
    }
    sparse = {
        name: EdgeSparseVectorParams(
            modifier=Modifier.Idf if params.get("modifier") == "idf" else None,
            memory=Memory.Cold,
            full_scan_threshold=_FULL_SCAN,
        )
        for name, params in (wanted.get("sparse_vectors") or {}).items()
    }
    return EdgeConfig(vectors=dense or None, sparse_vectors=sparse or None, wal_enabled=True)


def payload_index(schema: str | Json) -> Any:
    if isinstance(schema, str):
        schema = {"type": schema}
    options = {name: value for name, value in schema.items() if name != "type"}
    if schema["type"] == "integer":
        options = {"lookup": True, "range": True, **options}
    return _INDEXES[schema["type"]](**options)


def conditions(wanted: Json | None) -> Filter:
    """What holds of every point, where nothing is asked."""
    parts: Json = {}
    for name, each in (wanted or {}).items():
        parts[name] = [_condition(one) for one in each or []] or None
    return Filter(**parts)


def _condition(wanted: Json) -> FieldCondition | Filter:
    if "key" not in wanted:
        return conditions(wanted)
    if "range" in wanted:
        return FieldCondition(wanted["key"], range=RangeFloat(**wanted["range"]))
    match = wanted["match"]
    meant = MatchAny(match["any"]) if "any" in match else MatchValue(match["value"])
    return FieldCondition(wanted["key"], match=meant)


def _vector(wanted: Any) -> Any:
    if isinstance(wanted, dict):
        return SparseVector(wanted["indices"], wanted["values"])
    return wanted


def point(wanted: Json) -> Point:
    vectors = {name: _vector(vector) for name, vector in wanted["vector"].items()}
    return Point(UUID(wanted["id"]), vectors, wanted.get("payload"))


def ids(wanted: list[str]) -> list[PointId]:
    return [UUID(one) for one in wanted]


def query(wanted: Json) -> QueryRequest:
    asked = wanted["query"]
    nearest = asked["nearest"] if isinstance(asked, dict) and "nearest" in asked else asked
    idf = (wanted.get("params") or {}).get("idf")
    return QueryRequest(
        limit=wanted.get("limit") or 10,
        query=Query.Nearest(_vector(nearest), wanted.get("using")),
        filter=conditions(wanted.get("filter")),
        params=SearchParams(idf=IdfParams(corpus=conditions(idf["corpus"]))) if idf else None,
        with_payload=wanted.get("with_payload") or False,
    )


def scroll(wanted: Json) -> ScrollRequest:
    offset = wanted.get("offset")
    return ScrollRequest(
        offset=UUID(offset) if offset else None,
        limit=wanted.get("limit") or 10,
        filter=conditions(wanted.get("filter")),
        with_payload=wanted.get("with_payload") or False,
        with_vector=wanted.get("with_vector") or False,
    )


def written(found: Any) -> Json:
    """A point as a scroll's answer holds it."""
    vectors = {
        name: {"indices": list(vector.indices), "values": list(vector.values)}
        if isinstance(vector, SparseVector)
        else vector
        for name, vector in (found.vector or {}).items()
    }
    return {"id": str(found.id), "payload": found.payload, "vector": vectors or None}


def scored(found: Any) -> Json:
    return {"id": str(found.id), "version": 1, "score": found.score, "payload": found.payload}
