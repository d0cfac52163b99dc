"""From a question to the best passages that its asker may read."""

from __future__ import annotations

from dataclasses import replace
from typing import cast
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from ai.lexical import Language, detect_language
from documents.adapters.registry import get_index
from documents.generations import analysers_of, live_generation
from documents.indexing import embedder_of
from documents.ports import IndexQuery
from documents.retrieval.asked import Asked
from documents.retrieval.glossary import rewordings
from documents.retrieval.results import SearchResult, SearchScope
from documents.retrieval.rows import read_passages
from documents.retrieval.scoring import (
    CHUNK_CANDIDATES,
    DENSE_CANDIDATES,
    FILE_CANDIDATES,
    fused_scores,
    lexical_scores,
)
from documents.selectors import readable_corpora_among


def search(
    user: User, question: str, *, scope: SearchScope | None = None, limit: int = 50
) -> SearchResult:
    """The `limit` best passages for `question` among what `user` may read now."""
    scope = scope or SearchScope()
    corpora = tuple(readable_corpora_among(user, scope.corpora))
    default = corpora[0].language if corpora else "fr"
    language = detect_language(question, default=cast(Language, default))
    if not corpora:
        return SearchResult(language=language, passages=(), corpora=(), evidence=0.0)
    asked = Asked(question, language, rewordings(corpora, question, language))
    limited = replace(scope, corpora=frozenset(corpus.pk for corpus in corpora))
    scores = _scores(asked, limited)
    best = sorted(scores, key=scores.__getitem__, reverse=True)[:limit]
    passages = read_passages(user, best, scores, asked, scope.as_of)
    return SearchResult(
        language=language,
        passages=passages,
        corpora=corpora,
        evidence=asked.evidence(passages),
    )


def _scores(asked: Asked, scope: SearchScope) -> dict[UUID, float]:
    """Score of each candidate chunk."""
    generation = live_generation()
    index = get_index(generation.pk, generation.dimensions)
    analysers = analysers_of(generation)
    query = IndexQuery(
        corpora=scope.corpora,
        lexical=asked.vector(analysers.chunks),
        media_types=scope.media_types,
        documents=scope.documents,
        languages=scope.languages,
        sections=scope.sections,
        day=scope.as_of or timezone.localdate(),
        replaced=scope.as_of is not None,
        limit=CHUNK_CANDIDATES,
    )
    if not query.lexical.indices:
        return {}
    chunks = index.search_chunks(query)
    files = index.search_files(replace(query, sections=frozenset(), limit=FILE_CANDIDATES))
    scores = lexical_scores(chunks, files)
    embedder = embedder_of(generation)
    if embedder is None:
        return scores
    dense = replace(query, dense=embedder.embed_query(asked.question), limit=DENSE_CANDIDATES)
    return fused_scores(scores, index.search_chunks_dense(dense))
