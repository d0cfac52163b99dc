"""The passage index in memory: the fake beside Edge and the server, with Qdrant's formulas."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from ai.ports import SparseVector
from documents.adapters.passage_payload import ranked, shown_to
from documents.ports import IndexHit, IndexPoint, IndexQuery, Standing, StoredPoint


def _idf(points: int, with_term: int) -> float:
    return math.log(1 + (points - with_term + 0.5) / (with_term + 0.5))


def _dot(question: dict[int, float], passage: SparseVector) -> float | None:
    """None where they share no dimension: such a point is no hit, rather than one with 0."""
    shared = [
        question[dimension] * value
        for dimension, value in zip(passage.indices, passage.values, strict=True)
        if dimension in question
    ]
    return sum(shared) if shared else None


def _cosine(left: Sequence[float], right: Sequence[float]) -> float:
    norm = math.hypot(*left) * math.hypot(*right)
    return sum(a * b for a, b in zip(left, right, strict=True)) / norm if norm else 0.0


def _fits(point: IndexPoint, query: IndexQuery) -> bool:
    return (
        point.corpus in query.corpora
        and point.standing.shown in shown_to(query)
        and (query.day is None or _in_force(point.standing, query.day))
        and (not query.media_types or point.media_type in query.media_types)
        and (not query.documents or point.document in query.documents)
        and (not query.languages or point.language in query.languages)
        and (not query.sections or point.section in query.sections)
    )


def _in_force(standing: Standing, day: date) -> bool:
    begun = standing.valid_from is None or standing.valid_from <= day
    return begun and (standing.valid_until is None or day <= standing.valid_until)


@dataclass
class _Collection:
    points: dict[UUID, IndexPoint] = field(default_factory=dict)

    def write(self, points: Iterable[IndexPoint]) -> None:
        for point in points:
            self.points[point.id] = point

    def ids_of(self, version: UUID) -> set[UUID]:
        return {point.id for point in self.points.values() if point.version == version}

    def set_standing(self, version: UUID, standing: Standing) -> None:
        for id_ in self.ids_of(version):
            self.points[id_] = replace(self.points[id_], standing=standing)

    def stored(self, corpus: UUID | None) -> Iterator[StoredPoint]:
        for point in list(self.points.values()):
            if corpus in (None, point.corpus):
                yield StoredPoint(point.id, point.corpus, point.version, point.standing)

    def search_lexical(self, query: IndexQuery) -> list[IndexHit]:
        population = [
            set(point.lexical.indices)
            for point in self.points.values()
            if point.corpus in query.corpora and point.lexical.indices
        ]
        question = {
            dimension: weight
            * _idf(len(population), sum(dimension in terms for terms in population))
            for dimension, weight in zip(query.lexical.indices, query.lexical.values, strict=True)
        }
        return self._best(query, lambda point: _dot(question, point.lexical))

    def search_dense(self, query: IndexQuery) -> list[IndexHit]:
        if query.dense is None:
            return []
        wanted = query.dense
        return self._best(
            query, lambda point: _cosine(wanted, point.dense) if point.dense else None
        )

    def _best(
        self, query: IndexQuery, score: Callable[[IndexPoint], float | None]
    ) -> list[IndexHit]:
        hits = [
            IndexHit(point.id, point.document, point.version, found)
            for point in self.points.values()
            if _fits(point, query) and (found := score(point)) is not None
        ]
        return ranked(hits)[: query.limit]


class MemoryIndex:
    """Forgets all when it is closed. Meant for tests: every search reads every point."""

    def __init__(self) -> None:
        self._chunks = _Collection()
        self._files = _Collection()

    def search_chunks(self, query: IndexQuery) -> list[IndexHit]:
        return self._chunks.search_lexical(query)

    def search_chunks_dense(self, query: IndexQuery) -> list[IndexHit]:
        return self._chunks.search_dense(query)

    def search_files(self, query: IndexQuery) -> list[IndexHit]:
        return self._files.search_lexical(query)

    def count_chunks(self, version: UUID) -> int:
        return len(self._chunks.ids_of(version))

    def stored_chunks(self, corpus: UUID | None = None) -> Iterator[StoredPoint]:
        return self._chunks.stored(corpus)

    def stored_files(self, corpus: UUID | None = None) -> Iterator[StoredPoint]:
        return self._files.stored(corpus)

    def write_chunks(self, points: Sequence[IndexPoint]) -> None:
        self._chunks.write(points)

    def write_file(self, point: IndexPoint) -> None:
        self._files.write([point])

    def set_standing(self, version: UUID, standing: Standing) -> None:
        for collection in (self._chunks, self._files):
            collection.set_standing(version, standing)

    def delete_version(self, version: UUID) -> None:
        for collection in (self._chunks, self._files):
            for id_ in collection.ids_of(version):
                del collection.points[id_]

    def delete_points(self, ids: Sequence[UUID]) -> None:
        for collection in (self._chunks, self._files):
            for id_ in ids:
                collection.points.pop(id_, None)

    def close(self) -> None:
        self._chunks, self._files = _Collection(), _Collection()
