"""An installation with so many passages, built through the rows and points of the real pipeline.

Files are written out of the sentences of question sets, or are bench.passages' handbook; what an
ingestion spends on uploads and extraction is left out.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import passages as handbook
from bench.question_sets import load
from bench.scratch import say
from bench.site import EMAIL, PASSWORD

if TYPE_CHECKING:
    from documents.models import Corpus

PAGES_PER_FILE = 25
PAGE_CHARACTERS = 900  # just below the size of a passage
FILES_PER_COMMIT = 20


def texts(sets: list[Path], passages: int) -> Iterator[tuple[str, list[str]]]:
    """Titles and pages of files, without end where they are made of `sets`."""
    if sets:
        sources = [
            (source.title or source.name, source.content.decode())
            for folder in sets
            for source in load(folder).sources()
        ]
        yield from handbook.resampled(sources, pages=PAGES_PER_FILE, characters=PAGE_CHARACTERS)
    for name, text in handbook.files(passages):
        yield name, text.split("\n\n## ")


def questions(sets: list[Path], passages: int, number: int) -> list[str]:
    """So many, of each set alike."""
    if not sets:
        return handbook.questions(passages)[:: max(1, passages // number)][:number]
    share = -(-number // len(sets))
    return [text for folder in sets for text in list(load(folder).questions.values())[:share]]


def build(sets: list[Path], passages: int, corpora: int, *, words_only: bool = False) -> float:
    """Fill the installation that Django is set up on; returns the seconds of it.

    Chunks are cut and indexed by documents.indexing, and shown at once.
    """
    from django.db import transaction

    from accounts.services import create_first_administrator
    from documents.generations import live_generation
    from documents.indexing import target_of
    from documents.services import create_corpus

    admin = create_first_administrator(email=EMAIL, password=PASSWORD, name="Bench")
    with transaction.atomic():
        homes = [
            create_corpus(
                by=admin,
                name=f"Corpus {number}",
                language="en",
                visibility="all",
                words_only=words_only,
            )
            for number in range(corpora)
        ]
    target = target_of(live_generation())
    started, done, number = time.monotonic(), 0, 0
    files = texts(sets, passages)
    while done < passages and (batch := list(islice(files, FILES_PER_COMMIT))):
        with transaction.atomic():
            for title, pages in batch:
                # Files of one corpus come together as far as there are corpora for them.
                home = homes[min(done * corpora // passages, corpora - 1)]
                done += _write(home, number, title, pages[: passages - done], target)
                number += 1
        if number % 400 < FILES_PER_COMMIT:
            say(f"{done} passages, {time.monotonic() - started:.0f} s")
    return time.monotonic() - started


def _write(corpus: Corpus, number: int, title: str, pages: list[str], target: Any) -> int:
    from ai.lexical import detect_language
    from documents.indexing import chunk_version, index_version, standing_of
    from documents.models import Document, DocumentVersion, Page

    if not pages:
        return 0
    name = f"file-{number}.txt"
    document = Document.objects.create(corpus=corpus, title=title[:300], source_path=name)
    text = "\n".join(pages)
    version = DocumentVersion.objects.create(
        document=document,
        file=name,
        file_name=name,
        media_type="text/plain",
        bytes=len(text.encode()),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        language=detect_language(text[:4000], default="en"),
        page_count=len(pages),
        state=DocumentVersion.State.READY,
        step=DocumentVersion.Step.PUBLISH,
        live=True,
    )
    Page.objects.bulk_create(
        [Page(version=version, number=n, text=page) for n, page in enumerate(pages, start=1)]
    )
    count = chunk_version(version, target.generation)
    index_version(version, target, standing=standing_of(version))
    return count
