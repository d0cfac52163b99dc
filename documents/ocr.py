"""The step that reads scans: pages without text, by Tesseract, each kept as soon as it is read.

Resumed, it goes on with the pages that are not read yet. The pictures are drawn and read by
children; no stranger's file is opened here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import cast

from django.conf import settings
from django.db.models import QuerySet

from ai.lexical import Language, detect_language
from documents.adapters.tools.runner import ToolBounds, ToolFailed, run_module, tool_folder
from documents.adapters.tools.tesseract import find_tesseract, read_picture
from documents.errors import ExtractionExceeded, ImageOnly, NoText, PagesNotRead
from documents.geometry import pack
from documents.leases import Run
from documents.models import DocumentVersion, Page, PageWords
from documents.remarks import remark, withdraw
from documents.renditions import paged_copy
from documents.scans import ReadScan, Sheet, read_scan

logger = logging.getLogger(__name__)

# Pictures that are on the disk at once, some 9 MB each.
PAGES_AT_ONCE = 8
# Of one page; one that takes longer is not read, and does not hold up the others.
PAGE_TIMEOUT_S = 180
RESOLUTION = 300
# A larger sheet is drawn with fewer dots: A3 has its 300, A0 half of them.
_MOST_PIXELS = 36_000_000
# Of a file's text, enough to tell its language.
_SAMPLE_CHARACTERS = 4_000
_MOST_NAMED = 30
_RENDER = "documents.adapters.tools.render"


def read_scans(run: Run) -> None:
    """Pages that are pictures → their text. Raises ImageOnly or NoText where the version has no
    text at all then; pages left unread beside others are a remark."""
    version = run.version
    scans = Page.objects.filter(version=version, is_scan=True)
    reads = scans.filter(ocr_confidence=None).exists() and can_read_scans(version)
    if reads:
        _read_all(run, scans)
        _adopt_language(run)
    unread = list(scans.filter(ocr_confidence=None).values_list("number", flat=True))
    if not Page.objects.filter(version=version).exclude(text__regex=r"^\s*$").exists():
        refusal = NoText if not unread else ExtractionExceeded if reads else ImageOnly
        limit = {"limit": _bounds().sentence} if refusal is ExtractionExceeded else {}
        raise refusal(file=version.file_name, **limit)
    withdraw(run, PagesNotRead)
    if unread:
        remark(run, PagesNotRead(pages=named(unread)))


def can_read_scans(version: DocumentVersion) -> bool:
    return version.document.corpus.ocr and bool(find_tesseract())


def _read_all(run: Run, scans: QuerySet[Page]) -> None:
    total = scans.count()
    waiting = list(scans.filter(ocr_confidence=None).order_by("number"))
    done = total - len(waiting)
    run.progress(done, total)
    remaining = iter(waiting)
    with paged_copy(run.version) as path:
        while batch := list(islice(remaining, PAGES_AT_ONCE)):
            for page, found in _read(run, path, batch):
                done += 1
                with run.writing(progress_done=done, progress_total=total):
                    if found is not None:
                        _keep(page, found)


def _read(run: Run, path: Path, pages: Sequence[Page]) -> Iterator[tuple[Page, ReadScan | None]]:
    """Each page with what is on it, None where it could not be read."""
    with tool_folder() as folder:
        _draw(run, path, pages, folder)
        for page in pages:
            picture = folder / f"page-{page.number}.pgm"
            if not picture.exists():  # another one ended the program that drew them
                _draw(run, path, [page], folder)
            yield page, _seen(run, page, picture)
            picture.unlink(missing_ok=True)


def _draw(run: Run, path: Path, pages: Sequence[Page], folder: Path) -> None:
    wanted = [f"{page.number}:{_resolution(page)}" for page in pages]
    with _not_held_up(run):
        run_module(_RENDER, path, wanted, folder, _bounds(), run.beat)


def _seen(run: Run, page: Page, picture: Path) -> ReadScan | None:
    language, resolution = run.version.document.corpus.language, _resolution(page)
    sheet = Sheet(page.width or 0, page.height or 0, page.rotation, resolution)
    with _not_held_up(run):
        if picture.exists():
            words = read_picture(picture, language, resolution, _bounds(), run.beat)
            return read_scan(words, sheet)
    return None


@contextmanager
def _not_held_up(run: Run) -> Iterator[None]:
    """A page that cannot be read does not cost the others."""
    try:
        yield
    except (ToolFailed, ExtractionExceeded) as failure:
        logger.warning("scan in %s: %s", run.version.pk, failure)


def _resolution(page: Page) -> int:
    inches = (page.width or 1) / 72 * (page.height or 1) / 72
    return max(1, min(RESOLUTION, int((_MOST_PIXELS / max(inches, 0.01)) ** 0.5)))


def _bounds() -> ToolBounds:
    timeout_s = min(PAGE_TIMEOUT_S, settings.INGESTION_TIMEOUT_S)
    return ToolBounds(timeout_s=timeout_s, memory_mb=settings.INGESTION_MEMORY_MB)


def _keep(page: Page, found: ReadScan) -> None:
    """What the file has itself is kept where OCR sees less than that."""
    page.refresh_from_db(fields=["text"])
    if _letters(found.text) < _letters(page.text):
        page.is_scan = False
    else:
        page.text, page.ocr_confidence = found.text, found.confidence
        PageWords.objects.update_or_create(page=page, defaults={"packed": pack(found.words)})
    page.save(update_fields=["text", "ocr_confidence", "is_scan"])


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _adopt_language(run: Run) -> None:
    version = run.version
    sample = ""
    for text in Page.objects.filter(version=version).values_list("text", flat=True).iterator():
        sample += f"{text}\n"
        if len(sample) > _SAMPLE_CHARACTERS:
            break
    default = cast(Language, version.document.corpus.language)
    version.language = detect_language(sample[:_SAMPLE_CHARACTERS], default=default)
    run.update(language=version.language)


def named(numbers: Sequence[int]) -> str:
    """“2, 5-7” for the pages 2, 5, 6 and 7; `numbers` in order."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    said = [str(first) if first == last else f"{first}-{last}" for first, last in ranges]
    return ", ".join(said[:_MOST_NAMED]) + (", …" if len(said) > _MOST_NAMED else "")
