"""Every file of the store, under its own name. What is there already in its size is not sent again;
all are read back at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage

from cassandre.moving.errors import SidesDiffer, TargetNotEmpty
from cassandre.moving.progress import Advance
from cassandre.moving.state import State
from common.storage import MinioStorage

_BLOCK_BYTES = 1024 * 1024


def source_folder() -> Path:
    return Path(cast(FileSystemStorage, default_storage).location)


def names() -> Iterator[tuple[str, Path]]:
    folder = source_folder()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def total() -> tuple[int, int]:
    """How many, and their bytes."""
    sizes = [path.stat().st_size for _name, path in names()]
    return len(sizes), sum(sizes)


def check_empty(target: MinioStorage, bucket: str) -> None:
    """Raises TargetNotEmpty. A bucket that does not exist yet is empty."""
    found = next(target.objects(), None)
    if found is not None:
        raise TargetNotEmpty(target=f"MINIO_STORAGE_BUCKET_NAME={bucket}", found=found[0])


def copy(target: MinioStorage, on_bytes: Advance) -> None:
    there = {name: size for name, size, _changed in target.objects()}
    for name, path in names():
        size = path.stat().st_size
        if there.get(name) != size:
            if name in there:
                target.delete(name)
            with path.open("rb") as opened:
                target.save(name, File(opened, name=name))
        on_bytes(size)


def compare(target: MinioStorage, state: State, on_bytes: Advance) -> None:
    """Raises SidesDiffer naming the first file that is not the same."""
    for name, path in names():
        with path.open("rb") as ours:
            expected = _hash(ours)
        try:
            with target.open(name) as theirs:
                same = _hash(theirs) == expected
        except FileNotFoundError:
            same = False
        if not same:
            raise SidesDiffer(what=name, file=str(state.path))
        on_bytes(path.stat().st_size)


def _hash(file: IO[bytes] | File[bytes]) -> bytes:
    digest = hashlib.sha256()
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
    return digest.digest()
