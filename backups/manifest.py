"""What a backup says of itself. It is written last: without it there is no backup.

TARGET/
    key.age                             only with a passphrase
    files/ab/abcdef…[.gz][.age]         each stored file once, shared by all backups
    backups/20261121-221500/
        database/0001-accounts.user.jsonl.gz[.age]
        files/0001.jsonl.gz[.age]       which stored file is which of those above
        objects.gz                      their names alone, for what is given up later
        manifest.json[.age]
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from backups.errors import BackupDamaged, BackupNewer

FORMAT = "cassandre-backup"
VERSION = 1
FOLDER = "backups/"
MANIFEST = "manifest.json"
OBJECTS = "objects.gz"
PACKED = ".gz"

Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Meta(ge=0)]


class Part(Struct, frozen=True, kw_only=True):
    """`sha256` and `bytes` are of what is stored: packed and encrypted."""

    name: str
    rows: Count
    bytes: Count
    sha256: Digest
    model: str = ""  # of a part of the database: its label


class StoredFile(Struct, frozen=True, kw_only=True, array_like=True):
    """A file of the installation; `sha256` is of its content."""

    name: str  # in the installation's storage
    object: str  # at the target
    sha256: Digest


class Manifest(Struct, frozen=True, kw_only=True):
    format: str
    version: int
    name: str
    cassandre: str  # its version
    created_at: datetime
    database: str  # where the rows came from; they go into any
    migrations: dict[str, list[str]]  # the newest of each app
    tables: dict[str, Count]
    parts: list[Part]
    files: Count
    missing: list[str] = []  # rows had them, the storage not

    @property
    def rows(self) -> int:
        return sum(self.tables.values())

    def parts_of_database(self) -> list[Part]:
        return [part for part in self.parts if part.model]

    def parts_of_files(self) -> list[Part]:
        return [part for part in self.parts if part.name.startswith("files/")]


class _Header(Struct):
    format: str
    version: int
    cassandre: str = ""


def encode(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def decode(raw: bytes) -> Manifest:
    """Raises BackupDamaged, or BackupNewer."""
    try:
        header = msgspec.json.decode(raw, type=_Header)
        if header.format == FORMAT and header.version > VERSION:
            form = f"format {header.version}"
            raise BackupNewer(version=header.cassandre, unknown=form)
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BackupDamaged(part=MANIFEST, reason=str(error)[:300]) from error
    if manifest.format != FORMAT:
        raise BackupDamaged(part=MANIFEST, reason=manifest.format[:100])
    return manifest


def object_path(name: str) -> str:
    return f"files/{name[:2]}/{name}"
