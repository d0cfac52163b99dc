"""A file that waits for its password: opened in a child process, kept without protection."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from accounts.models import User
from documents.adapters.unlocking import UnlockingLimits, unlock_in_child
from documents.errors import EncryptedFile, FileRefused, UnlockedFile
from documents.models import DocumentVersion
from documents.selectors import get_version_for_curator
from documents.tasks import announce_work
from documents.uploads import CheckedFile, check_file
from documents.version_services import has_newer_version

State = DocumentVersion.State

# Whoever gave the password waits for the answer.
_TIMEOUT_S = 60
# A copy without protection may be a little larger than what was allowed in.
_GROWTH = 2


@sensitive_variables("password")
def unlock_version(*, by: User, version: DocumentVersion, password: str) -> bool:
    """Open a version that failed with EncryptedFile and queue it again; whether it was.

    Its file is replaced by one without protection, its hash stays that of the original, so that
    the same locked file is recognised. The password is neither stored nor logged.

    Raises NotFound for whoever does not curate the corpus; WrongPassword, or what else is wrong
    with the file: then it goes on waiting.
    """
    version = get_version_for_curator(by, version.pk)
    if not version.can_be_unlocked or has_newer_version(version):
        return False
    limit_mb = settings.MAX_UPLOAD_MB * _GROWTH
    limits = UnlockingLimits(_TIMEOUT_S, settings.INGESTION_MEMORY_MB, limit_mb)
    with tempfile.TemporaryDirectory() as folder:
        locked, opened = Path(folder) / "locked", Path(folder) / "opened"
        with version.file.open("rb") as stored, locked.open("wb") as copy:
            shutil.copyfileobj(stored, copy)
        try:
            unlock_in_child(locked, opened, password, limits)
        except FileRefused as refusal:
            refusal.params.setdefault("file", version.file_name)
            raise
        with opened.open("rb") as content:
            file = File(content, name=version.file_name)
            return _replace_file(version, file, check_file(file, limit_mb=limit_mb))


def _replace_file(version: DocumentVersion, file: File[bytes], checked: CheckedFile) -> bool:
    """Whether it still waited: two may have given the password at the same time."""
    storage, locked = version.file.storage, str(version.file.name)
    suffix = Path(version.file_name).suffix.lower()[:10]
    version.file.save(f"{version.document.corpus_id}/{version.pk}-opened{suffix}", file, save=False)
    opened = str(version.file.name)
    remark = UnlockedFile(file=version.file_name, sha256=checked.sha256)
    try:
        with transaction.atomic():
            queued = DocumentVersion.objects.filter(
                pk=version.pk, state=State.FAILED, error_code=EncryptedFile.code
            ).update(
                file=opened,
                media_type=checked.media_type,
                bytes=checked.bytes,
                state=State.QUEUED,
                step=DocumentVersion.Step.UPLOAD,
                attempts=0,
                error_code="",
                error_params={},
                remarks=[{"code": remark.code, "params": remark.params}],
                enqueue_at=None,
            )
            if queued:
                announce_work()
                transaction.on_commit(lambda: storage.delete(locked))
    except BaseException:
        storage.delete(opened)
        raise
    if not queued:
        storage.delete(opened)
    return bool(queued)
