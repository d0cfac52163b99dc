"""The best of the fused order, put in the order of a reranker where one is configured."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from ai.errors import ModelError
from ai.services import get_reranker
from documents.retrieval.results import Degraded, FoundPassage

logger = logging.getLogger(__name__)

# What servers take at least in one request (text-embeddings-inference's default is 32).
RERANKED = 30


def rows_to_read(limit: int) -> int:
    """A reranker judges more than is asked for: the best may be further down."""
    return max(limit, RERANKED) if get_reranker() else limit


def reranked(
    question: str, passages: Sequence[FoundPassage]
) -> tuple[tuple[FoundPassage, ...], Degraded | None]:
    """The passages in the reranker's order, those that it was not asked about behind; as they are
    without one, or where it failed: then with what to say about it."""
    reranker = get_reranker()
    head, tail = passages[:RERANKED], passages[RERANKED:]
    if reranker is None or len(head) < 2:
        return tuple(passages), None
    try:
        scores = reranker.rerank(question, [_judged(passage) for passage in head])
    except ModelError as error:
        logger.warning("the passages were not reranked: %s", error)
        return tuple(passages), Degraded("reranking", error.code)
    judged = [replace(passage, reranked=score) for passage, score in zip(head, scores, strict=True)]
    judged.sort(key=lambda passage: -(passage.reranked or 0.0))
    return (*judged, *tail), None


def _judged(passage: FoundPassage) -> str:
    """What a person would see of it."""
    above = " › ".join(part for part in (passage.title, passage.section) if part)
    return f"{above}\n{passage.text}"
