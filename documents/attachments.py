"""Files that come with a mail become documents of their own, below it.

Taken while the mail goes online, so that until then its earlier version keeps what it had. May be
run again with the same result: a file that is there already is left alone.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.db import transaction

from accounts.models import User
from common.errors import NotFound
from documents.adapters.child_answers import HandedOut
from documents.adapters.extractors.formats import CARRIERS
from documents.adapters.sandbox import ExtractionRequest, attachments_in_child
from documents.attached import depth_of, hide_with_attached
from documents.errors import (
    AttachmentsNotAllowed,
    AttachmentsTooDeep,
    AttachmentsUnread,
    AttachmentsWait,
    EmptyFile,
    FileRefused,
    FileTooLarge,
    ScannerUnavailable,
    TooManyAttachments,
)
from documents.leases import LeaseLost
from documents.models import Document, DocumentVersion
from documents.ports import ExtractionLimits
from documents.receiving import Origin, receive_file
from documents.remarks import Hold, remark
from documents.renditions import paged_copy

# A mail in a mail in a mail: so deep are they followed.
MAX_DEPTH = 5
_PATH_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True)
class _Live:
    """A hold without a lease: as long as the version is the live one."""

    version: DocumentVersion

    def update(self, **fields: object) -> None:
        row = DocumentVersion.objects.filter(pk=self.version.pk, live=True)
        if not (row.update(**fields) if fields else row.exists()):
            raise LeaseLost(self.version.pk)


def take_attachments_again(version_id: UUID) -> None:
    """Have the attachments follow a mail of which an earlier version is live again. Nothing where
    it is not any more. Raises AttachmentsWait."""
    version = (
        DocumentVersion.objects.filter(pk=version_id, live=True, media_type__in=CARRIERS)
        .select_related("document", "created_by")
        .first()
    )
    if version is None:
        return
    with suppress(LeaseLost), paged_copy(version) as path:
        take_attachments(_Live(version), path)


def take_attachments(run: Hold, path: Path) -> None:
    """Receive what is inside the mail at `path` in the name of who added it. What is refused is a
    remark on the mail, and stops neither the mail nor the others.

    Raises LeaseLost, and AttachmentsWait where the scanner does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="cassandre-attached-") as folder:
        try:
            inside = _inside(run, path, Path(folder))
        except FileRefused as refusal:
            remark(run, AttachmentsUnread(file=run.version.file_name, cause=str(refusal)))
            return
        if inside and depth_of(run.version.document) >= MAX_DEPTH:
            remark(run, AttachmentsTooDeep(file=run.version.file_name, limit=MAX_DEPTH))
            return
        try:
            taken = [_receive(run, one) for one in inside]
        except NotFound:  # a right has gone, or the person, or the mail
            remark(run, AttachmentsNotAllowed(file=run.version.file_name))
            return
    _delete_vanished(run.version.document, taken)


def _inside(run: Hold, path: Path, folder: Path) -> list[HandedOut]:
    request = _request(run.version, path, folder)
    limit = request.limits.max_attachments
    found: list[HandedOut] = []
    for one in attachments_in_child(request, run.update):
        if len(found) == limit:
            remark(run, TooManyAttachments(file=run.version.file_name, limit=limit))
            break
        found.append(one)
    return found


def _request(version: DocumentVersion, path: Path, folder: Path) -> ExtractionRequest:
    return ExtractionRequest(
        path=path,
        file_name=version.file_name,
        media_type=version.media_type,
        limits=ExtractionLimits(max_attachment_bytes=settings.MAX_UPLOAD_MB * 1_000_000),
        timeout_s=settings.INGESTION_TIMEOUT_S,
        memory_mb=settings.INGESTION_MEMORY_MB,
        attachments=folder,
    )


def _receive(run: Hold, one: HandedOut) -> str:
    """The path under which it is below the mail now; "" where it was refused."""
    run.update()
    user = run.version.created_by
    if user is None:
        raise NotFound(cause="who added the mail is gone")
    path = f"{run.version.document.source_path}/{one.name}"
    try:
        if one.path is None or len(path) > _PATH_CHARACTERS:
            raise FileTooLarge(file=one.name, limit=settings.MAX_UPLOAD_MB)
        with _opened(one.path, one.name) as file:
            _receive_file(user, run.version.document_id, path, file)
    except ScannerUnavailable as error:
        raise AttachmentsWait(file=run.version.file_name, cause=str(error)) from error
    except FileRefused as refusal:
        remark(run, refusal)
        return ""
    return path


@transaction.atomic
def _receive_file(user: User, mail: UUID, path: str, file: File[bytes]) -> None:
    # Locked, so that what is deleted with the mail is all of it.
    document = (
        Document.objects.select_for_update(of=("self",))
        .select_related("corpus")
        .filter(pk=mail, deleted_at=None)
        .first()
    )
    if document is None:
        raise NotFound(cause="the mail was deleted")
    if not _is_there(document, path, file):
        origin = Origin(path=path, folder=document.folder, parent=document)
        receive_file(by=user, corpus=document.corpus, file=file, origin=origin)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[File[bytes]]:
    """Never through a link that a child which was taken over has put there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise EmptyFile(file=name, cause=repr(error)) from error
    with os.fdopen(descriptor, "rb") as stream:
        yield File(stream, name=name)


def _is_there(parent: Document, path: str, file: File[bytes]) -> bool:
    """Whether this content is the newest that came under this path, whatever became of it."""
    newest = (
        DocumentVersion.objects.filter(
            document__parent=parent, document__source_path=path, document__deleted_at=None
        )
        .order_by("-created_at")
        .first()
    )
    return newest is not None and newest.sha256 == hashlib.file_digest(file, "sha256").hexdigest()


def _delete_vanished(mail: Document, paths: Collection[str]) -> None:
    """What it had before and has no more."""
    for document in mail.attachments.filter(deleted_at=None).exclude(source_path__in=paths):
        hide_with_attached(document)
