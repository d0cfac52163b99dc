"""Hits into passages: the rows behind them, as far as the user may read them at this moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from accounts.models import User
from documents.models import Chunk, DocumentVersion, Page
from documents.retrieval.asked import Asked
from documents.retrieval.results import FoundPassage
from documents.selectors import live_chunks_readable_by

# Pages of these are named by their number alone.
UNLABELLED = frozenset({"text/plain", "text/markdown"})


def read_passages(
    user: User, keys: list[UUID], scores: Mapping[UUID, float], asked: Asked
) -> tuple[FoundPassage, ...]:
    """In the order of `keys`; those that are closed to the user are left out."""
    chunks = live_chunks_readable_by(user, keys)
    labels = _page_labels(chunks.values())
    found = [_found(chunks[key], scores[key], labels, asked) for key in keys if key in chunks]
    return tuple(found)


def _page_labels(chunks: Iterable[Chunk]) -> dict[tuple[UUID, int], str]:
    wanted = {
        (chunk.version_id, chunk.page)
        for chunk in chunks
        if chunk.version.media_type not in UNLABELLED
    }
    if not wanted:
        return {}
    pages = Page.objects.filter(
        version__in={version for version, _page in wanted},
        number__in={page for _version, page in wanted},
    ).exclude(label="")
    return {(page.version_id, page.number): page.label for page in pages.defer("text")}


def _found(
    chunk: Chunk, score: float, labels: Mapping[tuple[UUID, int], str], asked: Asked
) -> FoundPassage:
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
        page_label=labels.get((version.pk, chunk.page), ""),
        section=chunk.section,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        score=score,
        marks=asked.marks(chunk.text, version.language),
    )
