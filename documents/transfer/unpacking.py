"""The files of a corpus that is taken in, in turns that a restart does not lose.

Keys are derived from the source's and the place in the zip, so that a turn may be taken again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import cast

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from common.errors import CassandreError
from documents.errors import FileRefused, ScannerUnavailable
from documents.models import Document, DocumentVersion, Source, SourceEntry
from documents.receiving import store_version
from documents.sources.leases import Hold
from documents.transfer.answers import take_in_answers
from documents.transfer.archive import CorpusArchive, open_corpus_archive
from documents.transfer.errors import EntryDamaged
from documents.transfer.keys import document_key, version_key
from documents.transfer.manifest import DocumentPart, VersionPart
from documents.uploads import check_file

logger = logging.getLogger(__name__)

State = DocumentVersion.State
Seen = SourceEntry.State

# Then the files that wait have their turn.
DOCUMENTS_PER_TURN = 20
# How often it is looked whether all files have been read, or the scanner answers again.
LOOK_AGAIN_AFTER = timedelta(seconds=10)


def carry_on(hold: Hold) -> bool:
    """One turn, in the name of whoever began it and still curates the corpus; whether there is
    another one at once. Raises LeaseLost, or CassandreError where nothing can go on."""
    source = hold.source
    by = cast(User, source.created_by)
    if not source.file:  # it was done before, or stopped
        hold.end()
        return False
    try:
        with source.file.open("rb") as stored, open_corpus_archive(stored) as archive:
            return _turn(hold, by, archive)
    except ScannerUnavailable as silence:
        logger.warning("corpus %s waits for the virus scanner: %s", source.corpus_id, silence)
        hold.give_way(again_after=LOOK_AGAIN_AFTER)
        return False


def _turn(hold: Hold, by: User, archive: CorpusArchive) -> bool:
    total = len(archive.manifest.files)
    waiting = _waiting(archive.manifest.documents, hold.source.progress_done)
    done = hold.source.progress_done
    for done, part in islice(waiting, DOCUMENTS_PER_TURN):
        _receive_document(hold, by, archive, part)
        hold.update(progress_done=done, progress_total=total)
    if done < total:
        hold.give_way()
        return True
    if _is_read(hold.source):
        _finish(hold, archive)
    else:
        hold.give_way(again_after=LOOK_AGAIN_AFTER)
    return False


def _waiting(documents: Sequence[DocumentPart], done: int) -> Iterator[tuple[int, DocumentPart]]:
    """Behind the `done` files, each document with how many files there are up to its end."""
    count = 0
    for part in documents:
        count += len(part.versions)
        if count > done:
            yield count, part


def _is_read(source: Source) -> bool:
    versions = DocumentVersion.objects.filter(document__source=source, document__deleted_at=None)
    return not versions.filter(state__in=[State.QUEUED, State.RUNNING]).exists()


def _finish(hold: Hold, archive: CorpusArchive) -> None:
    source = hold.source
    name, storage = source.file.name or "", source.file.storage
    with transaction.atomic():
        take_in_answers(source, archive.manifest.approved_answers)
        # From now on they are documents like any other.
        Document.objects.filter(source=source).update(source=None)
        hold.update(file="")
        hold.end()
        transaction.on_commit(lambda: storage.delete(name))


def _receive_document(hold: Hold, by: User, archive: CorpusArchive, part: DocumentPart) -> None:
    """A file that is refused stops neither the others of its document nor those after it."""
    for place, version in enumerate(part.versions, start=1):
        key = version_key(hold.source, part.number, place)
        if DocumentVersion.objects.filter(pk=key).exists():
            continue
        try:
            with _unpacked(hold, archive, version) as file:
                checked = check_file(file, limit_mb=settings.MAX_UPLOAD_MB)
                with transaction.atomic():
                    document = _document(hold.source, by, part)
                    store_version(
                        by=by,
                        document=document,
                        file=file,
                        checked=checked,
                        pk=key,
                        took_over_on=version.took_over_on,
                        replaced_on=version.replaced_on,
                    )
                    _record(hold.source, version, document=document)
        except ScannerUnavailable:
            raise
        except (FileRefused, EntryDamaged) as refusal:
            _record(hold.source, version, error=refusal)


def _unpacked(hold: Hold, archive: CorpusArchive, part: VersionPart) -> TemporaryUploadedFile:
    # A long ending would be no name for the temporary file.
    file = TemporaryUploadedFile("file", "", part.bytes, None)
    file.name = part.file_name
    try:
        for block in archive.blocks(part):
            file.write(block)
            hold.beat()
        file.flush()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def _document(source: Source, by: User, part: DocumentPart) -> Document:
    """As it was there; the first of its files that is received makes it."""
    key = document_key(source, part.number)
    parent = document_key(source, part.parent) if part.parent else None
    document, is_new = Document.objects.get_or_create(
        pk=key,
        defaults={
            "corpus": source.corpus,
            "title": part.title,
            "source_path": part.source_path,
            "folder": part.folder,
            "parent": Document.objects.filter(pk=parent).first() if parent else None,
            "source": source,
            "vanished_at": part.vanished_at,
            "valid_from": part.valid_from,
            "valid_until": part.valid_until,
            "hints": part.hints,
            "created_by": by,
        },
    )
    if is_new:
        Document.objects.filter(pk=key).update(created_at=part.created_at)
    return document


def _record(
    source: Source,
    part: VersionPart,
    *,
    document: Document | None = None,
    error: CassandreError | None = None,
) -> None:
    SourceEntry.objects.update_or_create(
        source=source,
        path=part.entry,
        defaults={
            "state": Seen.REFUSED if error else Seen.TAKEN,
            "document": document,
            "sha256": part.sha256,
            "error_code": error.code if error else "",
            "error_params": error.params if error else {},
            "seen_at": timezone.now(),
        },
    )
