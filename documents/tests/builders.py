"""Rows of corpora and documents for tests, made directly: no file is read, no index is touched."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import Organisation, Team, User
from documents.adapters.registry import close_indexes
from documents.generations import live_generation
from documents.indexing import shown_standing
from documents.models import (
    Chunk,
    Corpus,
    CorpusGrant,
    Document,
    DocumentVersion,
    Page,
)
from documents.retrieval import FoundPassage

State = DocumentVersion.State
Step = DocumentVersion.Step


def make_corpus(organisation: Organisation, name: str, **fields: object) -> Corpus:
    """A corpus that only those who are granted it may read, unless `fields` say otherwise."""
    fields.setdefault("language", "en")
    return Corpus.objects.create(organisation=organisation, name=name, slug=slugify(name), **fields)


def grant(corpus: Corpus, to: User | Team, right: str = CorpusGrant.Right.READ) -> CorpusGrant:
    if isinstance(to, Team):
        return CorpusGrant.objects.create(corpus=corpus, team=to, right=right)
    return CorpusGrant.objects.create(corpus=corpus, user=to, right=right)


def make_document(corpus: Corpus, title: str = "Leave", **fields: object) -> Document:
    fields.setdefault("source_path", f"{slugify(title)}.pdf")
    return Document.objects.create(corpus=corpus, title=title, **fields)


def make_version(
    document: Document, state: str = State.QUEUED, *, content: bytes = b"", **fields: Any
) -> DocumentVersion:
    """A version in `state`; its stored file holds `content`, or a line naming the document."""
    content = content or f"{document.title} {uuid.uuid4()}".encode()
    version = DocumentVersion(
        document=document,
        state=state,
        file_name=document.source_path,
        bytes=len(content),
        sha256=sha256(content).hexdigest(),
        **{"media_type": "application/pdf", **fields},
    )
    version.file.save(f"{document.corpus_id}/{version.pk}.pdf", ContentFile(content), save=False)
    version.save()
    return version


def ready_document(
    corpus: Corpus,
    *,
    title: str = "Leave",
    pages: Sequence[str] = ("Employees have 25 days of leave.",),
    **fields: Any,
) -> Document:
    """A document online with one passage per page. Nothing is in the index."""
    document = make_document(corpus, title)
    version = make_version(
        document,
        State.READY,
        live=True,
        step=Step.PUBLISH,
        language="en",
        page_count=len(pages),
        finished_at=timezone.now(),
        **fields,
    )
    add_pages(version, pages)
    return document


def add_pages(version: DocumentVersion, pages: Sequence[str]) -> None:
    """Page rows, and one Chunk row for each of them."""
    generation = live_generation()
    for number, text in enumerate(pages, start=1):
        Page.objects.create(version=version, number=number, text=text, width=595, height=842)
        Chunk.objects.create(
            id=uuid.uuid5(version.pk, f"{generation.pk}/{number - 1}"),
            version=version,
            generation=generation,
            number=number - 1,
            page=number,
            start=0,
            end=len(text),
            text=text,
        )


def found_passage(chunk: Chunk, **fields: Any) -> FoundPassage:
    """A passage as a search finds it."""
    version = chunk.version
    document = version.document
    found: dict[str, Any] = {
        "chunk": chunk.pk,
        "document": document.pk,
        "version": version.pk,
        "corpus": document.corpus_id,
        "corpus_name": document.corpus.name,
        "title": document.title,
        "media_type": version.media_type,
        "page": chunk.page,
        "page_label": "",
        "section": chunk.section,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "score": 1.0,
        "language": version.language,
        "standing": shown_standing(version),
        "page_count": version.page_count,
        "updated_at": version.finished_at,
    }
    return FoundPassage(**{**found, **fields})


def failed_document(
    corpus: Corpus, *, title: str = "Broken", code: str = "file-corrupt"
) -> Document:
    """A document whose only version failed in extraction."""
    document = make_document(corpus, title)
    make_version(
        document,
        State.FAILED,
        step=Step.EXTRACT,
        error_code=code,
        error_params={"file": document.source_path},
        finished_at=timezone.now(),
    )
    return document


@pytest.fixture(autouse=True)
def _close_indexes() -> Iterator[None]:
    """Each test makes a generation of its own, and each open index takes some 60 MB."""
    yield
    close_indexes()


@pytest.fixture
def handbook(organisation: Organisation, alice: User, erin: User, bob: User) -> Corpus:
    """Granted to erin, who curates it, and to bob, who reads it. charlie may not read it."""
    corpus = make_corpus(organisation, "Handbook")
    grant(corpus, erin, CorpusGrant.Right.CURATE)
    grant(corpus, bob)
    return corpus


@pytest.fixture
def foreign_corpus(other_organisation: Organisation, dana: User) -> Corpus:
    """Of another organisation."""
    return make_corpus(other_organisation, "Elsewhere’s own")
