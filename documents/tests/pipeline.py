"""Documents brought online by the real pipeline: stored, extracted in a child, indexed."""

from __future__ import annotations

from django.core.files.base import ContentFile

from accounts.models import User
from documents.ingestion import ingest
from documents.models import Corpus, DocumentVersion
from documents.services import receive_upload


def upload(by: User, corpus: Corpus, name: str, content: str | bytes) -> DocumentVersion:
    """An uploaded file as the services leave it: queued."""
    data = content.encode() if isinstance(content, str) else content
    return receive_upload(by=by, corpus=corpus, file=ContentFile(data, name=name))


def bring_online(by: User, corpus: Corpus, name: str, content: str | bytes) -> DocumentVersion:
    """Upload a file and ingest it; returns the version as it stands then."""
    version = upload(by, corpus, name, content)
    ingest(version.pk)
    version.refresh_from_db()
    return version
