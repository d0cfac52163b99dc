"""The one function that gives a place for backups."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from backups.adapters.folder import FolderTarget
from backups.errors import TargetInvalid
from backups.ports import BackupTarget


def open_target(address: str, *, make: bool = False) -> BackupTarget:
    """A folder, or s3://bucket/prefix on the server that BACKUP_S3_ENDPOINT names. Raises
    TargetInvalid, or Unavailable."""
    if not address or ("://" in address and not address.startswith("s3://")):
        raise TargetInvalid(target=address)
    if not address.startswith("s3://"):
        return FolderTarget(Path(address), make=make)
    from backups.adapters.bucket import BucketTarget  # noqa: PLC0415 (heavy, only where used)

    parts = urlsplit(address)
    return BucketTarget(parts.netloc, parts.path, make=make)
