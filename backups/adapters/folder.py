"""Backups in a folder of this machine, or of a share that it has mounted."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from backups.errors import TargetInvalid
from backups.ports import Writer
from backups.streams import blocks_of

_HALF = ".part"


class FolderTarget:
    """Only its owner can read what is in it. Raises TargetInvalid where it cannot be made."""

    def __init__(self, folder: Path, *, make: bool) -> None:
        self._folder = folder.absolute()
        try:
            if make:
                _make(self._folder)
            elif not self._folder.is_dir():
                raise NotADirectoryError(str(folder))
        except OSError as error:
            raise TargetInvalid(target=str(folder), cause=str(error)) from error

    @property
    def address(self) -> str:
        return str(self._folder)

    @contextmanager
    def writing(self, name: str) -> Iterator[Writer]:
        path = self._folder / name
        _make(path.parent)
        handle, half = tempfile.mkstemp(dir=path.parent, suffix=_HALF)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            Path(half).replace(path)
        except BaseException:
            Path(half).unlink(missing_ok=True)
            raise

    @contextmanager
    def reading(self, name: str) -> Iterator[Iterator[bytes]]:
        with (self._folder / name).open("rb") as file:
            yield blocks_of(file)

    def exists(self, name: str) -> bool:
        return (self._folder / name).is_file()

    def names(self, prefix: str) -> Iterator[str]:
        for folder, _folders, files in os.walk(self._folder / prefix):
            for name in files:
                yield Path(folder, name).relative_to(self._folder).as_posix()

    def delete(self, name: str) -> None:
        path = self._folder / name
        path.unlink(missing_ok=True)
        with suppress(OSError):  # others are in it
            path.parent.rmdir()


def _make(folder: Path) -> None:
    # With `parents=True`, those above it would be open to all.
    for each in [*reversed(folder.parents), folder]:
        if not each.is_dir():
            each.mkdir(mode=0o700, exist_ok=True)
