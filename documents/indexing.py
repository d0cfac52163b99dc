"""A version's rows into the points of one generation: passages, vectors, standing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from ai.lexical import encode_passage
from ai.ports import Embedder
from ai.services import get_embedder, get_embedder_named
from documents.adapters.registry import get_index
from documents.chunking import ChunkSettings, chunk_pages
from documents.generations import analysers_of
from documents.hints import Hints, parse_hints
from documents.models import Chunk, Document, DocumentVersion, IndexGeneration
from documents.ports import (
    HIDDEN,
    ExtractedPage,
    Heading,
    IndexPoint,
    PassageIndex,
    Shown,
    SparseVector,
    Standing,
)

CHUNKS_PER_BATCH = 64
PAGES_PER_READ = 100
SECTION_CHARACTERS = 200

# Told of each batch: passages done, of how many. What it raises ends the work.
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Target:
    """Where points go: a generation and its index."""

    generation: IndexGeneration
    index: PassageIndex


def target_of(generation: IndexGeneration) -> Target:
    return Target(generation, get_index(generation.pk, generation.dimensions))


def standing_of(version: DocumentVersion) -> Standing:
    """Who finds its points, and for which days. A version that was replaced on an unknown day
    is found for none."""
    document = version.document
    is_ready = version.state == DocumentVersion.State.READY
    if not is_ready or document.deleted_at is not None:
        return HIDDEN
    return shown_standing(version) if version.live or version.replaced_on else HIDDEN


def shown_standing(version: DocumentVersion) -> Standing:
    """The same, for a version that goes online now."""
    document = version.document
    begins = [day for day in (document.valid_from, version.took_over_on) if day]
    ends: list[date] = [document.valid_until] if document.valid_until else []
    if version.replaced_on:
        ends.append(version.replaced_on - timedelta(days=1))
    return Standing(
        shown=Shown.REPLACED if version.replaced_on else Shown.LIVE,
        valid_from=max(begins, default=None),
        valid_until=min(ends, default=None),
    )


def hints_of(document: Document) -> Hints:
    return parse_hints(document.hints)


def chunk_version(version: DocumentVersion, generation: IndexGeneration) -> int:
    """Page rows → Chunk rows, in one transaction: all of them or none. Returns how many."""
    spans = chunk_pages(
        _extracted_pages(version),
        ChunkSettings(size=generation.chunk_size, overlap=generation.chunk_overlap),
    )
    hints = hints_of(version.document)
    above = folders_of(version.document)
    rows = [
        Chunk(
            id=chunk_id(version.pk, generation.pk, number),
            version=version,
            generation=generation,
            number=number,
            page=span.page,
            start=span.start,
            end=span.end,
            section=" › ".join((*above, *span.section))[:500],
            text=span.text,
            hint=hints.for_page(span.page),
        )
        for number, span in enumerate(spans)
    ]
    with transaction.atomic():
        Chunk.objects.filter(version=version, generation=generation).delete()
        Chunk.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def folders_of(document: Document) -> list[str]:
    """The folders that a file lay in are its outermost sections: search filters by them."""
    parts = (part.replace(" › ", " ").strip() for part in document.folder.split("/"))
    return [part for part in parts if part]


def chunk_id(version: uuid.UUID, generation: uuid.UUID, number: int) -> uuid.UUID:
    return uuid.uuid5(version, f"{generation}/{number}")


def write_hints(version: DocumentVersion, generation: IndexGeneration) -> None:
    """Give the passages that there are the hints of their pages."""
    hints = hints_of(version.document)
    chunks = Chunk.objects.filter(version=version, generation=generation)
    for page in chunks.order_by().values_list("page", flat=True).distinct():
        chunks.filter(page=page).update(hint=hints.for_page(page))


def index_version(
    version: DocumentVersion,
    target: Target,
    *,
    standing: Standing = HIDDEN,
    on_progress: OnProgress = lambda done, total: None,
) -> None:
    """Chunk rows → points, and one point for the whole file.

    Points that are there are written over one by one: a version that is shown stays so
    throughout, if its standing says it.
    """
    analysers = analysers_of(target.generation)
    if version.document.corpus.words_only:
        analysers = analysers.words_only()
    embedder = embedder_of(target.generation)
    chunks = Chunk.objects.filter(version=version, generation=target.generation)
    chunks = chunks.order_by("number")
    total, done = chunks.count(), 0
    point = _Points(version, standing)
    # Batches of their own rather than one open cursor: on SQLite, a write beside an open read
    # fails at once ("database is locked") when another worker has written meanwhile.
    while batch := list(chunks.filter(number__gte=done)[:CHUNKS_PER_BATCH]):
        dense: Sequence[tuple[float, ...] | None] = [None] * len(batch)
        if embedder:
            title = version.document.title
            dense = embedder.embed_passages([_embedded_text(title, chunk) for chunk in batch])
        points = []
        for chunk, vector in zip(batch, dense, strict=True):
            heading = f"{version.document.title} {chunk.section}"
            lexical = encode_passage(
                _indexed_text(chunk), heading, version.language, analysers.chunks
            )
            points.append(point.make(chunk.pk, lexical, vector, outermost(chunk.section)))
        target.index.write_chunks(points)
        done += len(batch)
        on_progress(done, total)
    # From the pages, not the chunks, whose overlaps would count twice.
    pages = version.pages.order_by("number").values_list("text", flat=True)
    text = "\n".join([hints_of(version.document).text, *pages])
    whole = encode_passage(text, version.document.title, version.language, analysers.files)
    target.index.write_file(point.make(version.pk, whole, None, ""))


def bring_into(
    target: Target,
    version: DocumentVersion,
    on_progress: OnProgress = lambda done, total: None,
) -> None:
    """All of a version's passages and points, out of its pages; passages that are cut already
    stay, since answers cite them."""
    cut = Chunk.objects.filter(version=version, generation=target.generation)
    if cut.exists():
        write_hints(version, target.generation)
    else:
        chunk_version(version, target.generation)
    index_version(version, target, standing=standing_of(version), on_progress=on_progress)


def embedder_of(generation: IndexGeneration) -> Embedder | None:
    """With the model that the generation was made with, since vectors of two models must not be
    compared: the configured one, or another of the same server while a generation is built beside
    this one."""
    if not generation.dimensions:
        return None
    embedder = get_embedder()
    if embedder is None or embedder.model == generation.embedding_model:
        return embedder
    return get_embedder_named(generation.embedding_model, generation.dimensions)


def outermost(section: str) -> str:
    """What the filter of sections calls a passage's place."""
    return section.partition(" › ")[0][:SECTION_CHARACTERS]


def _indexed_text(chunk: Chunk) -> str:
    return f"{chunk.hint}\n{chunk.text}" if chunk.hint else chunk.text


def _embedded_text(title: str, chunk: Chunk) -> str:
    """Under its headings: a passage alone often does not say what it is about. With them, vectors
    gain seven points of nDCG on a set of long files, and fused scores three (docs/retrieval.md)."""
    above = " ".join(part for part in (title, chunk.section) if part)
    return f"{above}\n{_indexed_text(chunk)}"


def _extracted_pages(version: DocumentVersion) -> Iterator[ExtractedPage]:
    for page in version.pages.order_by("number").iterator(chunk_size=PAGES_PER_READ):
        yield ExtractedPage(
            number=page.number,
            text=page.text,
            headings=tuple(Heading(level, text, start) for level, start, text in page.headings),
        )


@dataclass(frozen=True, slots=True)
class _Points:
    version: DocumentVersion
    standing: Standing

    def make(
        self,
        id_: uuid.UUID,
        lexical: SparseVector,
        dense: tuple[float, ...] | None,
        section: str,
    ) -> IndexPoint:
        return IndexPoint(
            id=id_,
            corpus=self.version.document.corpus_id,
            document=self.version.document_id,
            version=self.version.pk,
            media_type=self.version.media_type,
            language=self.version.language,
            lexical=lexical,
            dense=dense,
            section=section,
            standing=self.standing,
        )
