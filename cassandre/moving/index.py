"""All points of every generation with their vectors, as they are: nothing is computed anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from cassandre.moving.errors import SidesDiffer, TargetNotEmpty, TargetWrong
from cassandre.moving.progress import Advance
from cassandre.moving.state import State
from cassandre.moving.target import Target, index_named
from documents.adapters.qdrant_edge import QdrantEdgeIndex
from documents.adapters.qdrant_looks import look_at
from documents.adapters.qdrant_server import QdrantServerIndex
from documents.adapters.registry import LIVE_ALIAS, PREFIX, get_index, index_folder, server_index
from documents.indexing import Target as IndexTarget
from documents.models import IndexGeneration
from documents.ports import IndexHit, IndexPoint, IndexQuery
from documents.verifying import verify

SEARCHES = 20  # of each kind and generation
_HITS = 10
# Servers keep terms in 16 bits.
_TOLERANCE = 2e-3

KINDS = ("chunks", "files")


def check(target: Target, *, must_be_empty: bool) -> str:
    """The server's version. Raises TargetWrong, TargetNotEmpty."""
    with index_named():
        server = look_at(target.qdrant_url, target.qdrant_api_key)
    if not server.is_new_enough:
        raise TargetWrong(reason=f"QDRANT_URL: Qdrant {server.version} < 1.19")
    ours = sorted(name for name in server.collections if name.startswith(PREFIX))
    if ours and must_be_empty:
        raise TargetNotEmpty(target="QDRANT_URL", found=ours[0])
    return server.version


def generations() -> list[IndexGeneration]:
    """Those that have points here."""
    rows = IndexGeneration.objects.order_by("pk")
    return [row for row in rows if (index_folder() / row.pk.hex).is_dir()]


def count() -> int:
    found = 0
    for row in generations():
        index = _source(row)
        found += sum(1 for _point in index.stored_chunks())
        found += sum(1 for _point in index.stored_files())
    return found


def _source(row: IndexGeneration) -> QdrantEdgeIndex:
    return cast(QdrantEdgeIndex, get_index(row.pk, row.dimensions))


@contextmanager
def _on_server(target: Target, row: IndexGeneration) -> Iterator[QdrantServerIndex]:
    index = server_index(target.qdrant_url, target.qdrant_api_key, row.pk, row.dimensions)
    try:
        yield index
    finally:
        index.close()


def copy(target: Target, state: State, on_points: Advance) -> None:
    """Goes on behind the last batch that the state knows of. Raises Unavailable."""
    for row in generations():
        source = _source(row)
        with _on_server(target, row) as server:
            for kind in KINDS:
                for points in _remaining(source, kind, state, f"{row.pk.hex}/{kind}"):
                    server.write_points(kind, points)
                    on_points(len(points))
            if row.state == IndexGeneration.State.LIVE:
                server.take_alias(LIVE_ALIAS)


def _remaining(
    source: QdrantEdgeIndex, kind: str, state: State, name: str
) -> Iterator[list[IndexPoint]]:
    reached = state.points.get(name, "")
    if reached == "end":
        return
    points, following = source.whole_points(kind, UUID(reached) if reached else None)
    while points:
        yield points
        state.points[name] = str(following) if following else "end"
        state.save()
        if following is None:
            return
        points, following = source.whole_points(kind, following)


def compare(target: Target, state: State, on_points: Advance) -> None:
    """The server's points with the rows, and searches on both sides. Raises SidesDiffer."""
    for row in generations():
        with _on_server(target, row) as server:
            report = verify(IndexTarget(row, server))
            if report.differs and row.state == IndexGeneration.State.LIVE:
                raise SidesDiffer(what=str(report), file=str(state.path))
            _compare_searches(row, server, state)
            counts = report.counts()
            on_points(counts["chunks"]["points"] + counts["files"]["points"])


def _compare_searches(row: IndexGeneration, server: QdrantServerIndex, state: State) -> None:
    source = _source(row)
    kinds = (
        ("chunks", "search_chunks"),
        ("files", "search_files"),
        ("chunks", "search_chunks_dense"),
    )
    for kind, search in kinds:
        for point in source.whole_points(kind)[0][:SEARCHES]:
            query = IndexQuery(
                frozenset({point.corpus}), point.lexical, dense=point.dense, limit=_HITS
            )
            ours, theirs = getattr(source, search)(query), getattr(server, search)(query)
            exact = search != "search_chunks_dense"  # a server's graph may miss one
            if not same_hits(ours, theirs, exact=exact):
                raise SidesDiffer(what=f"{search} {point.id}", file=str(state.path))


def same_hits(ours: list[IndexHit], theirs: list[IndexHit], *, exact: bool = True) -> bool:
    """The same scores in the same places, and where `exact` the same points as far as scores tell
    them apart; else the best one."""
    if not exact:
        ours, theirs = ours[:1], theirs[:1]
    if len(ours) != len(theirs):
        return False
    both = zip(ours, theirs, strict=True)
    if any(abs(one.score - other.score) > _near(one.score) for one, other in both):
        return False
    found = {hit.id for hit in theirs}
    last = ours[-1].score if ours else 0.0
    return not exact or all(
        hit.id in found or hit.score - last <= 2 * _near(hit.score) for hit in ours
    )


def _near(score: float) -> float:
    return _TOLERANCE * max(1.0, abs(score))
