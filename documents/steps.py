"""The steps of an ingestion. Each may be run again from its beginning with the same result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar, cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ai.lexical import Language, detect_language
from documents.adapters.extractors.formats import CARRIERS, EML, EPUB, HTML, MARKDOWN, MSG
from documents.adapters.sandbox import ExtractionRequest, extract_in_child
from documents.approved_review import send_to_review
from documents.due import lock_generations, mark_due
from documents.errors import FileRefused, RepairedFile
from documents.indexing import Target, chunk_version, index_version, shown_standing, standing_of
from documents.leases import Run
from documents.models import ApprovedAnswer, Document, DocumentVersion, Page, PageWords
from documents.ocr import read_scans
from documents.ports import ExtractedPage, ExtractionLimits
from documents.remarks import remark, withdraw
from documents.renditions import extracted_copy, paged_copy
from documents.transfer.keys import is_coming_in
from documents.uploads import title_of_file

State = DocumentVersion.State
Step = DocumentVersion.Step

PAGES_PER_COMMIT = 100
# Of a file's text, enough to tell its language.
LANGUAGE_SAMPLE_CHARACTERS = 4_000
# Formats whose first heading is their title; a PDF's first bookmark may be anything.
TITLED = frozenset({MARKDOWN, HTML, EPUB, EML, MSG})

Item = TypeVar("Item")


def steps_from(step: str) -> list[tuple[Step, Callable[[Run], None]]]:
    """The named step and those after it; all of them for a version that was just uploaded."""
    names = [name for name, _work in _STEPS]
    return _STEPS[names.index(Step(step)) if step != Step.UPLOAD else 0 :]


def _extract(run: Run) -> None:
    """File → Page rows, in a bounded child process. Starts over when it is resumed; of a file that
    is refused midway nothing is kept."""
    try:
        _read_pages(run)
    except FileRefused:
        with run.writing():
            Page.objects.filter(version=run.version).delete()
        raise


def _read_pages(run: Run) -> None:
    version = run.version
    with run.writing():
        Page.objects.filter(version=version).delete()
    withdraw(run, RepairedFile)
    total = 0

    def on_count(count: int) -> None:
        nonlocal total
        total = count
        run.progress(0, total)

    sample, done = "", 0
    with extracted_copy(version, run.beat) as (path, media_type):
        request = ExtractionRequest(
            path=path,
            file_name=version.file_name,
            media_type=media_type,
            limits=ExtractionLimits(max_pages=settings.INGESTION_MAX_PAGES),
            timeout_s=settings.INGESTION_TIMEOUT_S,
            memory_mb=settings.INGESTION_MEMORY_MB,
        )
        answers = extract_in_child(request, on_count, run.beat, partial(remark, run))
        pages = _shown_to_live(run, answers)
        for batch in _batches(pages, PAGES_PER_COMMIT):
            if not done:
                _adopt_title(version, batch[0])
            done += len(batch)
            with run.writing(progress_done=done, progress_total=max(total, done)):
                _write_pages(version, batch)
            if len(sample) < LANGUAGE_SAMPLE_CHARACTERS:
                sample += "\n".join(page.text for page in batch)
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
    if is_coming_in(document):
        return
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
        is_scan=page.is_scan,
    )


def _chunk(run: Run) -> None:
    """Page rows → Chunk rows."""
    count = chunk_version(run.version, run.generation)
    run.progress(count, count)


def _index(run: Run) -> None:
    """Chunk rows → hidden points, and one point for the whole file."""
    if run.index.count_chunks(run.version.pk):  # of an attempt that was cut off
        run.index.delete_version(run.version.pk)
    target = Target(run.generation, run.index)
    index_version(run.version, target, on_progress=run.progress)


def _publish(run: Run) -> None:
    """All at once for readers: the points first (every hit is re-read through the selectors,
    so they stay hidden), then the rows in one transaction, then the old version's points."""
    version = run.version
    today = timezone.localdate()
    siblings = DocumentVersion.objects.filter(document=version.document)
    others = siblings.exclude(pk=version.pk)
    # One that was replaced before it came here stands on the days that came with it.
    goes_live = version.replaced_on is None
    if goes_live and version.took_over_on is None and others.filter(live=True).exists():
        version.took_over_on = today
    version.document.refresh_from_db(fields=["valid_from", "valid_until"])
    shown = shown_standing(version)
    run.index.set_standing(version.pk, shown)
    with transaction.atomic():
        if goes_live and others.filter(live=True).update(live=False, replaced_on=today):
            send_to_review(version.document_id, ApprovedAnswer.Reason.REPLACED)
        run.update(live=goes_live, took_over_on=version.took_over_on)
    # Also those that an attempt which was cut off here has replaced before.
    for old in others.filter(state=State.READY, replaced_on=version.took_over_on):
        run.index.set_standing(old.pk, standing_of(old))
    _take_attachments(run)
    with transaction.atomic():
        elsewhere = [one for one in lock_generations() if one.pk != run.generation.pk]
        run.update(
            state=State.READY,
            error_code="",
            enqueue_at=None,
            finished_at=timezone.now(),
        )
        # Also in the live one, where it became that since this run began.
        mark_due(siblings.filter(pk=version.pk), elsewhere, Document.Stale.VECTORS)
        replaced = others.filter(replaced_on=version.took_over_on)
        mark_due(replaced, elsewhere, Document.Stale.STANDING)
    # Dates set between the two could not yet find it among the finished ones.
    version = DocumentVersion.objects.select_related("document").get(pk=version.pk)
    if standing_of(version) != shown:
        run.index.set_standing(version.pk, standing_of(version))


def _take_attachments(run: Run) -> None:
    if run.version.media_type in CARRIERS and not is_coming_in(run.version.document):
        # What comes in is queued for the very tasks that run these steps.
        from documents.attachments import take_attachments  # noqa: PLC0415

        with paged_copy(run.version) as path:
            take_attachments(run, path)


_STEPS: list[tuple[Step, Callable[[Run], None]]] = [
    (Step.EXTRACT, _extract),
    (Step.OCR, read_scans),
    (Step.CHUNK, _chunk),
    (Step.INDEX, _index),
    (Step.PUBLISH, _publish),
]


def _shown_to_live(run: Run, pages: Iterator[ExtractedPage]) -> Iterator[ExtractedPage]:
    """A hundred slow pages take longer than whoever cancels the file wants to wait."""
    for page in pages:
        run.beat()
        yield page


def _batches(items: Iterator[Item], size: int) -> Iterator[list[Item]]:
    while batch := list(islice(items, size)):
        yield batch
