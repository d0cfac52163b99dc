"""One process per index folder: a second open of an Edge shard harms the first one's data."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from documents.errors import IndexLocked


class IndexLock:
    """An flock on `<directory>.lock`, free again as soon as its process is gone, kill -9 or not.

    Take it before anything is created or opened in the directory. The file stays behind: were
    it deleted, a third process could lock a new file while a second waits on the old one.
    """

    def __init__(self, directory: Path, descriptor: int | None = None) -> None:
        """`descriptor` where the parent process has it, and passed it on."""
        self.path = directory.with_name(f"{directory.name}.lock")
        self._descriptor = descriptor

    @property
    def descriptor(self) -> int | None:
        return self._descriptor

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def acquire(self) -> None:
        """Raises IndexLocked, naming the holder for the log, where it is taken."""
        if self.held:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Close-on-exec: a child that outlives us (an extraction) must not keep the lock.
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            written = os.read(descriptor, 32).strip()
            os.close(descriptor)
            # Empty in the moment between the other's lock and its writing.
            holder = int(written) if written.isdigit() else 0
            cause = f"{self.path} is held by process {holder or 'unknown'}"
            raise IndexLocked(cause=cause, pid=holder) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is None:
            return
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
        self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()
