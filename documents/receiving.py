"""The one way in for a file, wherever it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from documents.errors import DuplicateFile, EncryptedFile
from documents.models import Corpus, Document, DocumentVersion, Source
from documents.outages import outage_behind
from documents.selectors import get_corpus_for_curator
from documents.tasks import announce_work
from documents.uploads import CheckedFile, check_file, title_of_file

State = DocumentVersion.State


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file comes from; with the content's hash, `path` is its identity in the corpus."""

    path: str = ""  # empty: the file's name
    folder: str = ""  # the folders above it, “/” between them
    parent: Document | None = None  # the mail that it is attached to
    source: Source | None = None


UPLOADED = Origin()


def receive_file(
    *, by: User, corpus: Corpus, file: File[bytes], origin: Origin = UPLOADED
) -> DocumentVersion:
    """Check a file, store it and queue it. Raises FileRefused with nothing kept.

    The same content again is refused as a duplicate; a new content under a known path becomes a
    new version, which replaces the old one only when it is ready.
    """
    corpus = get_corpus_for_curator(by, corpus.pk)
    checked = check_file(file, limit_mb=settings.MAX_UPLOAD_MB)
    _refuse_duplicate(corpus, checked)
    with transaction.atomic():
        document = _document_at(corpus, origin, checked, by)
        return store_version(by=by, document=document, file=file, checked=checked)


def store_version(
    *, by: User, document: Document, file: File[bytes], checked: CheckedFile, **fields: object
) -> DocumentVersion:
    """Keep a checked file as a version of `document` and queue it, within the caller's
    transaction. `fields` are further ones of the row."""
    version = DocumentVersion(
        document=document,
        created_by=by,
        file_name=checked.name,
        media_type=checked.media_type,
        bytes=checked.bytes,
        sha256=checked.sha256,
        **fields,
    )
    # The key holds no user text: names go wrong in object stores and leak in logs.
    suffix = Path(checked.name).suffix.lower()[:10]
    _store_file(version, f"{document.corpus_id}/{version.pk}{suffix}", file)
    try:
        version.save(force_insert=True)
    except BaseException:
        version.file.delete(save=False)
        raise
    announce_work()
    return version


def _store_file(version: DocumentVersion, name: str, file: File[bytes]) -> None:
    """Raises StorageFull with nothing kept where the disk has no room for all of it."""
    stored = version.file
    try:
        stored.save(name, file, save=False)
    except OSError as error:
        stored.storage.delete(stored.field.generate_filename(version, name))
        outage = outage_behind(error)
        if outage is None:
            raise
        raise outage from error


def _document_at(corpus: Corpus, origin: Origin, checked: CheckedFile, by: User) -> Document:
    path = origin.path or checked.name
    known = corpus.documents.filter(source_path=path, deleted_at=None).first()
    return known or Document.objects.create(
        corpus=corpus,
        title=title_of_file(checked.name),
        source_path=path,
        folder=origin.folder,
        parent=origin.parent,
        source=origin.source,
        created_by=by,
    )


def _refuse_duplicate(corpus: Corpus, checked: CheckedFile) -> None:
    """A file that failed may be sent again; not one that waits for its password."""
    is_lost = Q(state__in=[State.FAILED, State.CANCELLED]) & ~Q(error_code=EncryptedFile.code)
    same = (
        DocumentVersion.objects.filter(
            document__corpus=corpus, document__deleted_at=None, sha256=checked.sha256
        )
        .exclude(is_lost)
        .exclude(state=State.READY, live=False)  # replaced: it may come back
        .select_related("document")
        .first()
    )
    if same is not None:
        raise DuplicateFile(file=checked.name, title=same.document.title)
