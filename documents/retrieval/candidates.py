"""What the index says of one question: the score of each candidate passage."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import UUID

from django.utils import timezone

from ai.errors import ModelError
from documents.adapters.registry import get_index
from documents.generations import analysers_of, live_generation
from documents.indexing import embedder_of
from documents.models import Corpus, DocumentVersion, IndexGeneration
from documents.ports import IndexHit, IndexQuery
from documents.retrieval.asked import Asked
from documents.retrieval.results import Degraded, SearchScope
from documents.retrieval.scoring import (
    CHUNK_CANDIDATES,
    DENSE_CANDIDATES,
    FILE_CANDIDATES,
    fused_scores,
    lexical_scores,
)
from documents.retrieval.tracing import note

logger = logging.getLogger(__name__)


class Candidates:
    """Of one search: its questions share the generation and what went wrong."""

    def __init__(self, scope: SearchScope, corpora: Iterable[Corpus]) -> None:
        """`corpora` are those that the asker may read, of those in `scope`."""
        self.notices: list[Degraded] = []
        corpora = tuple(corpora)
        self._weights = {corpus.pk: corpus.dense_weight for corpus in corpora}
        self._has_light = any(corpus.words_only for corpus in corpora)
        self._scope = replace(scope, corpora=frozenset(self._weights))
        self._generation = _generation_of(scope)
        self._analyser = analysers_of(self._generation).chunks
        self._index = get_index(self._generation.pk, self._generation.dimensions)

    def scores(self, asked: Asked) -> dict[UUID, float]:
        """By chunk. Empty where the question holds nothing to search for."""
        query = self._query(asked)
        if not query.lexical.indices:
            return {}
        chunks, files = self._search_words(asked, query)
        scores = lexical_scores(chunks, files)
        note("words", words=chunks, files=files, lexical=scores)
        dense = self._vector(asked.question)
        if dense is None:
            return scores
        note("embedding")
        nearest = replace(query, dense=dense, limit=DENSE_CANDIDATES)
        found = self._index.search_chunks_dense(nearest)
        note("meaning", dense=found)
        return fused_scores(scores, found, self._weight_of([*chunks, *found]))

    def _search_words(
        self, asked: Asked, query: IndexQuery
    ) -> tuple[list[IndexHit], list[IndexHit]]:
        """Passages and files. Where a corpus that is asked has the lighter index, all are asked
        for whole words: with more parts, passages of the others would always go before its own.
        The other parts are for words that nobody knows."""
        chunks = self._index.search_chunks(query)
        if not chunks and self._has_light:
            query = replace(query, lexical=asked.vector(self._analyser))
            chunks = self._index.search_chunks(query)
        # Whole files have no section.
        whole = replace(query, sections=frozenset(), limit=FILE_CANDIDATES)
        return chunks, self._index.search_files(whole)

    def _query(self, asked: Asked) -> IndexQuery:
        scope = self._scope
        analyser = self._analyser.words_only() if self._has_light else self._analyser
        return IndexQuery(
            corpora=scope.corpora,
            lexical=asked.vector(analyser),
            media_types=scope.media_types,
            documents=scope.documents,
            languages=scope.languages,
            sections=scope.sections,
            day=scope.as_of or timezone.localdate(),
            replaced=scope.as_of is not None,
            limit=CHUNK_CANDIDATES,
        )

    def _weight_of(self, hits: Iterable[IndexHit]) -> Callable[[UUID], float]:
        """The weight of the vectors in a chunk's corpus; a query only where corpora differ."""
        weights = set(self._weights.values())
        if len(weights) == 1:
            (common,) = weights
            return lambda _chunk: common
        version_of = {hit.id: hit.version for hit in hits}
        rows = DocumentVersion.objects.filter(pk__in=set(version_of.values()))
        # A version that was purged since has no row, and will not be shown either.
        weights_of = defaultdict(
            float,
            {
                pk: self._weights[corpus]
                for pk, corpus in rows.values_list("pk", "document__corpus")
            },
        )
        return lambda chunk: weights_of[version_of[chunk]]

    def _vector(self, question: str) -> tuple[float, ...] | None:
        """None without an embedding model, and where it fails: words alone find too."""
        embedder = embedder_of(self._generation)
        if embedder is None or any(notice.part == "embedding" for notice in self.notices):
            return None
        try:
            return embedder.embed_query(question)
        except ModelError as error:
            logger.warning("searched by words alone: %s", error)
            self.notices.append(Degraded("embedding", error.code))
            return None


def _generation_of(scope: SearchScope) -> IndexGeneration:
    if scope.generation is None:
        return live_generation()
    return IndexGeneration.objects.get(pk=scope.generation)
