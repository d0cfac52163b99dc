"""So many at a time in one worker: in all of its threads, and in all processes that it forks.

A slot is a byte of a file that the worker has opened before it forks, locked by who has the slot.
A process that is killed gives its locks back; a semaphore that it held would stay taken.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Slots:
    def __init__(self, count: int) -> None:
        self._count = count
        with tempfile.TemporaryFile() as file:
            self._file = os.dup(file.fileno())  # as long as the process
        # Locks of a file are the process's: its threads agree here.
        self._taken: set[int] = set()
        self._agreeing = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[bool]:
        """Whether there was one to take; given back at the end."""
        slot = self._take()
        try:
            yield slot is not None
        finally:
            if slot is not None:
                self._give_back(slot)

    def _take(self) -> int | None:
        with self._agreeing:
            for slot in range(self._count):
                if slot not in self._taken and self._lock(slot):
                    self._taken.add(slot)
                    return slot
        return None

    def _lock(self, slot: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
        except OSError:
            return False
        return True

    def _give_back(self, slot: int) -> None:
        with self._agreeing:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, slot)
            self._taken.discard(slot)
