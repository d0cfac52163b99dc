"""The four steps of an ingestion. Each may be run again from its beginning with the same result."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TypeVar, cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ai.lexical import Language, detect_language, encode_passage
from ai.services import get_embedder
from documents.adapters.sandbox import ExtractionRequest, extract_in_child
from documents.chunking import ChunkSettings, chunk_pages
from documents.generations import analysers_of
from documents.leases import Run
from documents.models import Chunk, DocumentVersion, Page, PageWords
from documents.ports import ExtractedPage, ExtractionLimits, Heading, IndexPoint, SparseVector
from documents.uploads import title_of_file

State = DocumentVersion.State
Step = DocumentVersion.Step

PAGES_PER_COMMIT = 100
CHUNKS_PER_BATCH = 64
# Of a file's text, enough to tell its language.
LANGUAGE_SAMPLE_CHARACTERS = 4_000
# Formats whose first heading is their title; a PDF's first bookmark may be anything.
TITLED = frozenset({"text/markdown", "text/html"})

Item = TypeVar("Item")


def steps_from(step: str) -> list[tuple[Step, Callable[[Run], None]]]:
    """The named step and those after it; all of them for a version that was just uploaded."""
    names = [name for name, _work in _STEPS]
    return _STEPS[names.index(Step(step)) if step != Step.UPLOAD else 0 :]


def _extract(run: Run) -> None:
    """File → Page rows, in a bounded child process. Starts over when it is resumed."""
    version = run.version
    Page.objects.filter(version=version).delete()
    total = 0

    def on_count(count: int) -> None:
        nonlocal total
        total = count
        run.progress(0, total)

    sample, done = "", 0
    with _local_copy(version) as path:
        request = ExtractionRequest(
            path=path,
            file_name=version.file_name,
            media_type=version.media_type,
            limits=ExtractionLimits(max_pages=settings.INGESTION_MAX_PAGES),
            timeout_s=settings.INGESTION_TIMEOUT_S,
            memory_mb=settings.INGESTION_MEMORY_MB,
        )
        for batch in _batches(extract_in_child(request, on_count, run.update), PAGES_PER_COMMIT):
            _write_pages(version, batch)
            if not done:
                _adopt_title(version, batch[0])
            done += len(batch)
            if len(sample) < LANGUAGE_SAMPLE_CHARACTERS:
                sample += "\n".join(page.text for page in batch)
            run.progress(done, max(total, done))
    language = detect_language(
        sample[:LANGUAGE_SAMPLE_CHARACTERS],
        default=cast(Language, version.document.corpus.language),
    )
    run.update(page_count=done, language=language)
    version.language = language


def _adopt_title(version: DocumentVersion, first: ExtractedPage) -> None:
    """A document still named after its file takes the title that its text begins with."""
    heading = next(iter(first.headings), None)
    if heading is None or heading.level != 1 or first.text[: heading.start].strip():
        return
    document = version.document
    if version.media_type in TITLED and document.title == title_of_file(version.file_name):
        document.title = heading.text[:300]
        document.save(update_fields=["title"])


def _write_pages(version: DocumentVersion, pages: Sequence[ExtractedPage]) -> None:
    rows = Page.objects.bulk_create([_page_row(version, page) for page in pages])
    pairs = zip(rows, pages, strict=True)
    PageWords.objects.bulk_create(
        [PageWords(page=row, packed=page.words) for row, page in pairs if page.words]
    )


def _page_row(version: DocumentVersion, page: ExtractedPage) -> Page:
    return Page(
        version=version,
        number=page.number,
        label=page.label[:200],
        text=page.text,
        headings=[[heading.level, heading.start, heading.text] for heading in page.headings],
        width=page.width,
        height=page.height,
        rotation=page.rotation,
    )


def _chunk(run: Run) -> None:
    """Page rows → Chunk rows, in one transaction: all of them or none."""
    generation = run.generation
    spans = chunk_pages(
        _extracted_pages(run.version),
        ChunkSettings(size=generation.chunk_size, overlap=generation.chunk_overlap),
    )
    rows = [
        Chunk(
            id=chunk_id(run.version.pk, generation.pk, number),
            version=run.version,
            generation=generation,
            number=number,
            page=span.page,
            start=span.start,
            end=span.end,
            section=" › ".join(span.section)[:500],
            text=span.text,
        )
        for number, span in enumerate(spans)
    ]
    with transaction.atomic():
        Chunk.objects.filter(version=run.version, generation=generation).delete()
        Chunk.objects.bulk_create(rows, batch_size=500)
        run.progress(len(rows), len(rows))


def chunk_id(version: uuid.UUID, generation: uuid.UUID, number: int) -> uuid.UUID:
    return uuid.uuid5(version, f"{generation}/{number}")


def _extracted_pages(version: DocumentVersion) -> Iterator[ExtractedPage]:
    for page in version.pages.order_by("number").iterator(chunk_size=PAGES_PER_COMMIT):
        yield ExtractedPage(
            number=page.number,
            text=page.text,
            headings=tuple(Heading(level, text, start) for level, start, text in page.headings),
        )


def _index(run: Run) -> None:
    """Chunk rows → hidden points, and one point for the whole file."""
    version, document = run.version, run.version.document
    run.index.delete_version(version.pk)
    analysers = analysers_of(run.generation)
    embedder = get_embedder()
    chunks = Chunk.objects.filter(version=version, generation=run.generation).order_by("number")
    total, done = chunks.count(), 0
    # Batches of their own rather than one open cursor: on SQLite, a write beside an open read
    # fails at once ("database is locked") when another worker has written meanwhile.
    while batch := list(chunks.filter(number__gte=done)[:CHUNKS_PER_BATCH]):
        dense: Sequence[tuple[float, ...] | None] = [None] * len(batch)
        if embedder:
            dense = embedder.embed_passages([chunk.text for chunk in batch])
        points = []
        for chunk, vector in zip(batch, dense, strict=True):
            heading = f"{document.title} {chunk.section}"
            lexical = encode_passage(chunk.text, heading, version.language, analysers.chunks)
            points.append(_point(run, chunk.pk, lexical, vector))
        run.index.write_chunks(points)
        done += len(batch)
        run.progress(done, total)
    # From the pages, not the chunks, whose overlaps would count twice.
    text = "\n".join(version.pages.order_by("number").values_list("text", flat=True))
    whole = encode_passage(text, document.title, version.language, analysers.files)
    run.index.write_file(_point(run, version.pk, whole, None))


def _point(
    run: Run, point_id: uuid.UUID, lexical: SparseVector, dense: tuple[float, ...] | None
) -> IndexPoint:
    version = run.version
    return IndexPoint(
        id=point_id,
        corpus=version.document.corpus_id,
        document=version.document_id,
        version=version.pk,
        media_type=version.media_type,
        language=version.language,
        lexical=lexical,
        dense=dense,
    )


def _publish(run: Run) -> None:
    """All at once for readers: the points first (every hit is re-read through the selectors,
    so they stay hidden), then the rows in one transaction, then the old version's points."""
    version = run.version
    run.index.set_live(version.pk, live=True)
    siblings = DocumentVersion.objects.filter(document=version.document, live=True)
    with transaction.atomic():
        replaced = list(siblings.exclude(pk=version.pk).values_list("pk", flat=True))
        siblings.exclude(pk=version.pk).update(live=False)
        run.update(live=True)
    for old in replaced:
        run.index.set_live(old, live=False)
    run.update(
        state=State.READY,
        error_code="",
        enqueue_at=None,
        finished_at=timezone.now(),
    )


_STEPS: list[tuple[Step, Callable[[Run], None]]] = [
    (Step.EXTRACT, _extract),
    (Step.CHUNK, _chunk),
    (Step.INDEX, _index),
    (Step.PUBLISH, _publish),
]


@contextmanager
def _local_copy(version: DocumentVersion) -> Iterator[Path]:
    """The stored file as a path: itself on a file system, a temporary copy from S3."""
    try:
        path = version.file.path
    except NotImplementedError:
        path = ""
    if path:
        yield Path(path)
    else:
        with tempfile.NamedTemporaryFile(suffix=Path(version.file_name).suffix) as copy:
            with version.file.open("rb") as stored:
                shutil.copyfileobj(stored, copy)
            copy.flush()
            yield Path(copy.name)


def _batches(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while batch := list(islice(items, size)):
        yield batch
