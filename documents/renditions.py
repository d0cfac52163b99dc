"""A version's file as it is read and shown: the stored one, or what had to be made of it first.

Of an image a PDF is kept beside the file: OCR reads it and the viewer shows it. What is made of
a DOC or an RTF is needed for the extraction alone.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage

from common.errors import NotFound
from common.files import StoredFile
from documents.adapters.extractors.formats import IMAGES, PDF
from documents.adapters.tools.converting import as_read
from documents.adapters.tools.runner import ToolBounds
from documents.errors import FileRefused
from documents.models import DocumentVersion

# At the end of its name, behind the original's.
RENDITION = ".pages.pdf"


@contextmanager
def extracted_copy(
    version: DocumentVersion, on_wait: Callable[[], None]
) -> Iterator[tuple[Path, str]]:
    """Path and media type for the extraction. Raises FileRefused naming the file."""
    bounds = ToolBounds(settings.INGESTION_TIMEOUT_S, settings.INGESTION_MEMORY_MB)
    try:
        with (
            stored_copy(version.file.storage, str(version.file.name)) as path,
            as_read(
                path,
                version.media_type,
                bounds=bounds,
                max_pages=settings.INGESTION_MAX_PAGES,
                on_wait=on_wait,
            ) as (made, media_type),
        ):
            if has_rendition(version):
                _keep(version, made)
            yield made, media_type
    except FileRefused as refusal:
        refusal.params.setdefault("file", version.file_name)
        raise


@contextmanager
def paged_copy(version: DocumentVersion) -> Iterator[Path]:
    """The PDF whose pages the version's are."""
    name = rendition_name(version) if has_rendition(version) else str(version.file.name)
    with stored_copy(version.file.storage, name) as path:
        yield path


def has_rendition(version: DocumentVersion) -> bool:
    return version.media_type in IMAGES


def rendition_name(version: DocumentVersion) -> str:
    return f"{version.file.name}{RENDITION}"


def stored_rendition(version: DocumentVersion) -> StoredFile:
    """What its pages are drawn from, to be sent. Raises NotFound where the storage has none."""
    storage, name = version.file.storage, rendition_name(version)
    try:
        size = storage.size(name)
    except FileNotFoundError as error:
        raise NotFound(cause=f"the storage has no {name}") from error
    return StoredFile(
        storage=storage,
        name=name,
        size=size,
        sha256=f"{version.sha256}-pages",
        media_type=PDF,
        file_name=f"{version.file_name}.pdf",
        inline=True,
    )


def stored_original(version: DocumentVersion) -> StoredFile:
    """The file itself, to be sent."""
    return StoredFile(
        storage=version.file.storage,
        name=version.file.name or "",
        size=version.bytes,
        sha256=version.stored_sha256,
        media_type=version.media_type,
        file_name=version.file_name,
        inline=version.media_type == PDF,
    )


def delete_files(version: DocumentVersion) -> None:
    """The stored file and what was made of it."""
    if has_rendition(version):
        version.file.storage.delete(rendition_name(version))
    version.file.delete(save=False)


def _keep(version: DocumentVersion, made: Path) -> None:
    storage, name = version.file.storage, rendition_name(version)
    storage.delete(name)  # of an attempt before: another name would be taken else
    with made.open("rb") as content:
        storage.save(name, File(content))


@contextmanager
def stored_copy(storage: Storage, name: str) -> Iterator[Path]:
    """A stored file as a path: itself on a file system, a temporary copy from S3."""
    try:
        path = storage.path(name)
    except NotImplementedError:
        path = ""
    if path:
        yield Path(path)
    else:
        with tempfile.NamedTemporaryFile(suffix=Path(name).suffix) as copy:
            with storage.open(name, "rb") as stored:
                shutil.copyfileobj(stored, copy)
            copy.flush()
            yield Path(copy.name)
