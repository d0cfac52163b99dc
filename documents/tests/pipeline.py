"""Documents brought online by the real pipeline: stored, extracted in a child, indexed."""

from __future__ import annotations

from django.core.files.base import ContentFile

from accounts.models import User
from documents.generations import live_generation
from documents.indexing import bring_into, target_of
from documents.ingestion import ingest
from documents.models import Corpus, DocumentVersion, Page
from documents.receiving import receive_file
from documents.tests.builders import make_document, make_version


def upload(by: User, corpus: Corpus, name: str, content: str | bytes) -> DocumentVersion:
    """An uploaded file as the services leave it: queued."""
    data = content.encode() if isinstance(content, str) else content
    return receive_file(by=by, corpus=corpus, file=ContentFile(data, name=name))


def bring_online(by: User, corpus: Corpus, name: str, content: str | bytes) -> DocumentVersion:
    """Upload a file and ingest it; returns the version as it stands then."""
    version = upload(by, corpus, name, content)
    ingest(version.pk)
    version.refresh_from_db()
    return version


def put_online(corpus: Corpus, title: str, text: str) -> DocumentVersion:
    """The same without the child that reads the file: rows of one page, and its points."""
    ready = DocumentVersion.State.READY
    version = make_version(
        make_document(corpus, title, source_path=f"{title}.txt"),
        ready,
        live=True,
        language="en",
        page_count=1,
        media_type="text/plain",
        step=DocumentVersion.Step.PUBLISH,
    )
    Page.objects.create(version=version, number=1, text=text)
    bring_into(target_of(live_generation()), version)
    return version
