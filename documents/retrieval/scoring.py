"""S(chunk) = score of the chunk + FILE_WEIGHT * score of its whole file, both BM25 sums over the
parts of ai.lexical, IDF by the index. With dense vectors the fused score is
S / max(S) + the corpus's weight * cosine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from documents.ports import IndexHit

CHUNK_CANDIDATES = 300
FILE_CANDIDATES = 200
FILE_WEIGHT = 2.0
DENSE_WEIGHT = 1.5
DENSE_CANDIDATES = 100
# Of what is searched beside a question: its parts, and a follow-up as it was asked.
PART_WEIGHT = 0.6
ORIGINAL_WEIGHT = 0.4
MERGED_CANDIDATES = 100


def lexical_scores(chunks: Iterable[IndexHit], files: Iterable[IndexHit]) -> dict[UUID, float]:
    """R(chunk) + FILE_WEIGHT * R(file)."""
    by_version: Mapping[UUID, float] = {hit.version: hit.score for hit in files}
    return {hit.id: hit.score + FILE_WEIGHT * by_version.get(hit.version, 0.0) for hit in chunks}


def fused_scores(
    lexical: Mapping[UUID, float],
    dense: Iterable[IndexHit],
    weight_of: Callable[[UUID], float] = lambda _chunk: DENSE_WEIGHT,
) -> dict[UUID, float]:
    """S / max(S) + weight * cosine; who is missing from a list gets its last score."""
    cosines = {hit.id: hit.score for hit in dense}
    top = sorted(lexical, key=lexical.__getitem__, reverse=True)[:DENSE_CANDIDATES]
    highest = max(lexical.values(), default=1.0) or 1.0
    last_lexical = lexical[top[-1]] if top else 0.0
    last_cosine = min(cosines.values(), default=0.0)
    return {
        key: lexical.get(key, last_lexical) / highest
        + weight_of(key) * cosines.get(key, last_cosine)
        for key in {*top, *cosines}
    }


def merged_scores(
    main: Mapping[UUID, float], others: Sequence[tuple[Mapping[UUID, float], float]]
) -> dict[UUID, float]:
    """The greatest of a passage's scores for a question and for what is searched beside it, each
    from 0 to 1 within the best of its list and times its weight (1 for the question).

    Neither sums nor ranks: both let passages that are middling for all of them go before the best
    of one. Figures: docs/retrieval.md.
    """
    if not any(scores for scores, _weight in others):
        return dict(main)
    merged: dict[UUID, float] = {}
    for scores, weight in [(main, 1.0), *others]:
        top = sorted(scores, key=scores.__getitem__, reverse=True)[:MERGED_CANDIDATES]
        if not top:
            continue
        highest, lowest = scores[top[0]], scores[top[-1]]
        for key in top:
            share = (scores[key] - lowest) / (highest - lowest) if highest > lowest else 1.0
            merged[key] = max(merged.get(key, 0.0), weight * share)
    return merged
