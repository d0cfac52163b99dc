"""The files that rows name, and those that the storage has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.files.storage import Storage, default_storage

from documents.adapters.extractors.formats import TEXTUAL
from documents.models import DocumentVersion, Source
from documents.renditions import has_rendition, rendition_name


@dataclass(frozen=True, slots=True)
class Named:
    """A file that a row names."""

    name: str
    sha256: str = ""  # "" where the row does not say
    bytes: int | None = None
    packs: bool = False  # whether compressing it gains anything
    optional: bool = False  # it may not have been made yet
    version: Any = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that the storage has."""

    name: str
    bytes: int
    modified_at: datetime


# Where rows have their files. A bucket may hold other things beside, a backup for example.
FOLDERS = ("documents/", "sources/")


def named_files(using: str = "default") -> Iterator[Named]:
    """Originals, what was made of them, and what sources still have to unpack."""
    versions = DocumentVersion.objects.using(using).order_by("pk")
    wanted = versions.only("file", "media_type", "bytes", "sha256", "remarks")
    for version in wanted.iterator(chunk_size=500):
        yield named_file(version)
        if has_rendition(version):
            yield Named(rendition_name(version), optional=True, version=version.pk)
    for name in Source.objects.using(using).exclude(file="").values_list("file", flat=True):
        yield Named(str(name))


def named_file(version: DocumentVersion) -> Named:
    return Named(
        str(version.file.name),
        sha256=version.stored_sha256,
        # What a password opened is another file than the one that came.
        bytes=version.bytes if version.stored_sha256 == version.sha256 else None,
        packs=version.media_type in TEXTUAL,
        version=version.pk,
    )


def stored_files(storage: Storage = default_storage) -> Iterator[Stored]:
    """In the folders of documents and sources."""
    listed = getattr(storage, "objects", None)
    found = (Stored(*each) for each in listed()) if listed else _below(Path(storage.path("")))
    return (each for each in found if each.name.startswith(FOLDERS))


def _below(root: Path) -> Iterator[Stored]:
    for folder, _folders, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            try:
                found = path.stat()
            except FileNotFoundError:  # removed meanwhile
                continue
            modified = datetime.fromtimestamp(found.st_mtime, UTC)
            yield Stored(path.relative_to(root).as_posix(), found.st_size, modified)
