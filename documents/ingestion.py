"""From file to passages: extract → chunk → index → publish, each step idempotent and resumable.

A run holds a lease on the version's row and extends it with every piece of progress. Whoever
loses the lease (cancelled, deleted, taken over) stops at the next piece and writes no more.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar, cast

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ai.lexical import Language, detect_language, encode_passage
from ai.services import get_embedder
from documents.adapters.registry import get_index
from documents.adapters.sandbox import ExtractionRequest, extract_in_child
from documents.chunking import ChunkSettings, chunk_pages
from documents.errors import FileRefused, IngestionFailed
from documents.generations import analysers_of, live_generation
from documents.models import Chunk, Document, DocumentVersion, IndexGeneration, Page
from documents.ports import (
    ExtractedPage,
    ExtractionLimits,
    Heading,
    IndexPoint,
    PassageIndex,
    SparseVector,
)

logger = logging.getLogger(__name__)

State = DocumentVersion.State
Step = DocumentVersion.Step

# Long enough for the slowest single piece of work between two heartbeats (a page under OCR, a
# batch of embeddings), short enough that a killed worker's file is taken up within a minute.
LEASE = timedelta(seconds=45)
MAX_ATTEMPTS = 4
# 10 s, 40 s, 160 s: a restarting service is waited for, a broken one is reported soon.
FIRST_RETRY = timedelta(seconds=10)
PAGES_PER_COMMIT = 100
CHUNKS_PER_BATCH = 64
# Of a file's text, enough to tell its language.
LANGUAGE_SAMPLE_CHARACTERS = 4_000

Item = TypeVar("Item")


class LeaseLost(Exception):
    """The row is no longer ours: cancelled, deleted, or taken over by another worker."""


@dataclass(frozen=True, slots=True)
class Run:
    """What the steps of one ingestion share."""

    version: DocumentVersion
    owner: str
    generation: IndexGeneration
    index: PassageIndex

    def progress(self, done: int, total: int) -> None:
        self.update(progress_done=done, progress_total=total)

    def update(self, **fields: object) -> None:
        """Write to the row if the lease is still ours, and extend it. Raises LeaseLost."""
        held = DocumentVersion.objects.filter(
            pk=self.version.pk, state=State.RUNNING, lease_owner=self.owner
        )
        if not held.update(lease_until=timezone.now() + LEASE, **fields):
            raise LeaseLost(self.version.pk)


def ingest(version_id: uuid.UUID) -> None:
    """Bring one queued version online, from the step where it was left.

    Does nothing where the row is gone or not queued.
    """
    owner = uuid.uuid4().hex
    if not _claim(version_id, owner):
        return
    version = DocumentVersion.objects.select_related("document__corpus").get(pk=version_id)
    try:
        generation = live_generation()
        index = get_index(generation.pk, generation.dimensions)
        run = Run(version=version, owner=owner, generation=generation, index=index)
        for step, work in _STEPS[max(0, _position(version.step)) :]:
            run.update(step=step, progress_done=0, progress_total=0)
            work(run)
    except LeaseLost:
        logger.info("ingestion of %s: lease lost", version_id)
    except FileRefused as error:
        _fail(version_id, owner, error.code, error.params)
    except Exception:
        logger.exception("ingestion of %s failed", version_id)
        _retry_or_fail(version_id, owner)


def _claim(version_id: uuid.UUID, owner: str) -> bool:
    now = timezone.now()
    present = Document.objects.filter(deleted_at=None).values("pk")
    return bool(
        DocumentVersion.objects.filter(
            pk=version_id, state=State.QUEUED, document__in=present
        ).update(
            state=State.RUNNING,
            lease_owner=owner,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
            error_code="",
            error_params={},
        )
    )


def _fail(version_id: uuid.UUID, owner: str, code: str, params: object) -> None:
    DocumentVersion.objects.filter(pk=version_id, lease_owner=owner).update(
        state=State.FAILED,
        error_code=code,
        error_params=params,
        lease_owner="",
        lease_until=None,
        finished_at=timezone.now(),
    )


def _retry_or_fail(version_id: uuid.UUID, owner: str) -> None:
    version = DocumentVersion.objects.filter(pk=version_id, lease_owner=owner).first()
    if version is None:
        return
    if version.attempts >= MAX_ATTEMPTS:
        _fail(version_id, owner, IngestionFailed.code, {})
        return
    DocumentVersion.objects.filter(pk=version_id, lease_owner=owner).update(
        state=State.QUEUED,
        error_code=IngestionFailed.code,
        lease_owner="",
        lease_until=None,
        enqueue_at=timezone.now() + FIRST_RETRY * 4 ** (version.attempts - 1),
    )


# --- the steps --------------------------------------------------------------------------------


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
        for batch in _batches(extract_in_child(request, on_count), PAGES_PER_COMMIT):
            Page.objects.bulk_create([_page_row(version, page) for page in batch])
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


def _position(step: str) -> int:
    return [name for name, _work in _STEPS].index(Step(step)) if step != Step.UPLOAD else 0


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
