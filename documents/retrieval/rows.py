"""Hits into passages: the rows behind them, as far as the user may read them at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from accounts.models import User
from documents.hits import live_chunks_readable_by
from documents.indexing import shown_standing
from documents.models import Chunk, DocumentVersion
from documents.retrieval.asked import Asked
from documents.retrieval.results import FoundPassage

# Pages of these are named by their number alone.
UNLABELLED = frozenset({"text/plain", "text/markdown"})


def read_passages(
    user: User,
    keys: list[UUID],
    scores: Mapping[UUID, float],
    asked: Asked,
    as_of: date | None = None,
) -> tuple[FoundPassage, ...]:
    """The best first; equal ones by title and place, so that the same documents have the same
    order in every index. Those that are closed to the user are left out."""
    chunks = live_chunks_readable_by(user, keys, as_of)
    found = (_found(chunks[key], scores[key], asked) for key in keys if key in chunks)
    return tuple(sorted(found, key=lambda one: (-one.score, one.title, one.page, one.start)))


def _found(chunk: Chunk, score: float, asked: Asked) -> FoundPassage:
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
        page_label="" if version.media_type in UNLABELLED else chunk.page_label or "",
        section=chunk.section,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        score=score,
        wordings=asked.wordings,
        hint=chunk.hint,
        language=version.language,
        standing=shown_standing(version),
        page_count=version.page_count,
        updated_at=version.finished_at,
    )
