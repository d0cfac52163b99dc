"""Search: the user's readable corpora inside the index query, hits re-read through the selectors.

S(chunk) = score of the chunk + FILE_WEIGHT * score of its whole file, both BM25 sums over the
parts of ai.lexical, IDF by the index. With dense vectors the fused score is
S / max(S) + DENSE_WEIGHT * cosine. Recipe and figures: docs/retrieval.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from accounts.models import User
from ai.lexical import Language, detect_language, encode_question, matched_spans, words_of
from ai.services import get_embedder
from documents.adapters.registry import get_index
from documents.generations import analysers_of, live_generation
from documents.models import Chunk, Corpus, DocumentVersion
from documents.ports import IndexHit, IndexQuery
from documents.selectors import live_chunks_readable_by, readable_corpora_among

CHUNK_CANDIDATES = 300
FILE_CANDIDATES = 200
FILE_WEIGHT = 1.0
DENSE_WEIGHT = 1.5
DENSE_CANDIDATES = 100


@dataclass(frozen=True, slots=True)
class SearchScope:
    """What a search is limited to, beyond the user's rights. Empty sets limit nothing."""

    corpora: frozenset[UUID] = frozenset()
    media_types: frozenset[str] = frozenset()
    documents: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class FoundPassage:
    chunk: UUID
    document: UUID
    version: UUID
    corpus: UUID
    corpus_name: str
    title: str
    media_type: str
    page: int
    page_label: str
    section: str
    start: int
    end: int
    text: str
    score: float
    # Code-point spans of the question's words in `text`.
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    language: Language  # of the question
    passages: tuple[FoundPassage, ...]  # best first
    corpora: tuple[Corpus, ...]  # those that were searched
    # Share of the question's distinct terms in the best-covered of the first passages, 0 to 1.
    evidence: float


# The first page of passages: what an answer would rest on.
EVIDENCE_PASSAGES = 6


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
    limited = replace(scope, corpora=frozenset(corpus.pk for corpus in corpora))
    scores = _scores(question, language, limited)
    best = sorted(scores, key=scores.__getitem__, reverse=True)[:limit]
    asked = _Asked(question=question, language=language)
    passages = _read(user, best, scores, asked)
    return SearchResult(
        language=language, passages=passages, corpora=corpora, evidence=asked.evidence(passages)
    )


def _scores(question: str, language: Language, scope: SearchScope) -> dict[UUID, float]:
    """Score of each candidate chunk."""
    generation = live_generation()
    index = get_index(generation.pk, generation.dimensions)
    analysers = analysers_of(generation)
    query = IndexQuery(
        corpora=scope.corpora,
        lexical=encode_question(question, language, analysers.chunks),
        media_types=scope.media_types,
        documents=scope.documents,
        limit=CHUNK_CANDIDATES,
    )
    if not query.lexical.indices:
        return {}
    chunks = index.search_chunks(query)
    files = index.search_files(replace(query, limit=FILE_CANDIDATES))
    scores = lexical_scores(chunks, files)
    embedder = get_embedder() if generation.dimensions else None
    if embedder is None:
        return scores
    dense = replace(query, dense=embedder.embed_query(question), limit=DENSE_CANDIDATES)
    return fused_scores(scores, index.search_chunks_dense(dense))


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


def _read(
    user: User, keys: list[UUID], scores: Mapping[UUID, float], asked: _Asked
) -> tuple[FoundPassage, ...]:
    """The rows behind the hits, as far as the user may read them at this moment."""
    chunks = live_chunks_readable_by(user, keys)
    found = [_found(chunks[key], scores[key], asked) for key in keys if key in chunks]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Asked:
    question: str
    language: Language

    def evidence(self, passages: tuple[FoundPassage, ...]) -> float:
        """Terms are compared by the question's stemmer, whatever the passage's language."""
        terms = self._terms(self.question)
        if not terms:
            return 0.0
        covered = (
            len(terms & self._terms(f"{passage.title} {passage.section} {passage.text}"))
            for passage in passages[:EVIDENCE_PASSAGES]
        )
        return max(covered, default=0) / len(terms)

    def _terms(self, text: str) -> set[str]:
        return {word.term for word in words_of(text, self.language)}


def _found(chunk: Chunk, score: float, asked: _Asked) -> FoundPassage:
    version: DocumentVersion = chunk.version
    document = version.document
    return FoundPassage(
        chunk=chunk.pk,
        document=document.pk,
        version=version.pk,
        corpus=document.corpus_id,
        corpus_name=document.corpus.name,
        title=document.title,
        media_type=version.media_type,
        page=chunk.page,
        page_label=chunk.page_label,
        section=chunk.section,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        score=score,
        marks=tuple(matched_spans(chunk.text, asked.question, version.language)),
    )
