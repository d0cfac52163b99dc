"""S(chunk) = score of the chunk + FILE_WEIGHT * score of its whole file, both BM25 sums over the
parts of ai.lexical, IDF by the index. With dense vectors the fused score is
S / max(S) + DENSE_WEIGHT * cosine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from documents.ports import IndexHit

CHUNK_CANDIDATES = 300
FILE_CANDIDATES = 200
FILE_WEIGHT = 1.0
DENSE_WEIGHT = 1.5
DENSE_CANDIDATES = 100


def lexical_scores(chunks: Iterable[IndexHit], files: Iterable[IndexHit]) -> dict[UUID, float]:
    """R(chunk) + FILE_WEIGHT * R(file)."""
    by_version: Mapping[UUID, float] = {hit.version: hit.score for hit in files}
    return {hit.id: hit.score + FILE_WEIGHT * by_version.get(hit.version, 0.0) for hit in chunks}


def fused_scores(lexical: Mapping[UUID, float], dense: Iterable[IndexHit]) -> dict[UUID, float]:
    """S / max(S) + DENSE_WEIGHT * cosine; who is missing from a list gets its last score."""
    cosines = {hit.id: hit.score for hit in dense}
    top = sorted(lexical, key=lexical.__getitem__, reverse=True)[:DENSE_CANDIDATES]
    highest = max(lexical.values(), default=1.0) or 1.0
    last_lexical = lexical[top[-1]] if top else 0.0
    last_cosine = min(cosines.values(), default=0.0)
    return {
        key: lexical.get(key, last_lexical) / highest + DENSE_WEIGHT * cosines.get(key, last_cosine)
        for key in {*top, *cosines}
    }
