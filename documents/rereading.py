"""A document that went online without some of its scans, read once more from the same file."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from documents.errors import OcrMissing
from documents.models import Document, DocumentVersion
from documents.ocr import can_read_scans


def read_again(version: DocumentVersion, by: User) -> bool:
    """Queue a new version of the same stored file; whether it was. The old one stays until the new
    one is ready. Raises OcrMissing where the pages would stay unread."""
    if not can_read_scans(version):
        raise OcrMissing
    with transaction.atomic():
        list(Document.objects.select_for_update().filter(pk=version.document_id))
        siblings = DocumentVersion.objects.filter(document=version.document_id)
        unfinished = siblings.filter(created_at__gt=version.created_at)
        ended = [DocumentVersion.State.FAILED, DocumentVersion.State.CANCELLED]
        if unfinished.exclude(state__in=ended).exists():
            return False
        DocumentVersion.objects.create(
            document=version.document,
            created_by=by,
            file=str(version.file.name),
            file_name=version.file_name,
            media_type=version.media_type,
            bytes=version.bytes,
            sha256=version.sha256,
        )
    return True
