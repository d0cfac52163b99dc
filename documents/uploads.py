"""Checks of a file before anything of it is stored."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.core.files.base import File
from django.core.files.uploadedfile import TemporaryUploadedFile

from documents.adapters.extractors.detect import detect_media_type
from documents.adapters.extractors.locked import is_locked_office
from documents.errors import EmptyFile, EncryptedFile, FileTooLarge
from documents.ports import LOCKED_OFFICE
from documents.scanning import scan_file

_BLOCK_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class CheckedFile:
    name: str
    media_type: str
    bytes: int
    sha256: str  # hexadecimal


def check_file(file: File[bytes], *, limit_mb: int) -> CheckedFile:
    """Size, viruses, content type and hash of an upload. Raises FileRefused naming the file."""
    name = Path(file.name or "document").name[:300]
    if not file.size:
        raise EmptyFile(file=name)
    if file.size > limit_mb * 1_000_000:
        raise FileTooLarge(file=name, limit=limit_mb)
    scan_file(file, name)
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
    with _path_of(file) as path:
        media_type = _type_of(path, name)
    file.seek(0)
    return CheckedFile(name=name, media_type=media_type, bytes=file.size, sha256=digest.hexdigest())


def _type_of(path: Path, name: str) -> str:
    """An Office file under a password is let in: it is listed, and waits for the password."""
    try:
        return detect_media_type(path, name)
    except EncryptedFile:
        if is_locked_office(path):
            return LOCKED_OFFICE
        raise


@contextmanager
def _path_of(file: File[bytes]) -> Iterator[Path]:
    """The file as a path: Django's own temporary file, or a copy of a small one in memory."""
    if isinstance(file, TemporaryUploadedFile):
        yield Path(file.temporary_file_path())
        return
    with tempfile.NamedTemporaryFile() as copy:
        file.seek(0)
        while block := file.read(_BLOCK_BYTES):
            copy.write(block)
        copy.flush()
        yield Path(copy.name)


def title_of_file(name: str) -> str:
    """What a document is called until its text or a curator says better."""
    return Path(name).stem.replace("_", " ").strip()[:300] or name[:300]
