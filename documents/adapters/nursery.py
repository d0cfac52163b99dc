"""Extraction children, born in a process that has loaded the readers (nursery_process.py)."""

from __future__ import annotations

import atexit
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from documents.adapters.nursery_process import STATUS
from documents.errors import IngestionFailed

_COMMAND = (sys.executable, "-m", "documents.adapters.nursery_process")
_ROOT = Path(__file__).parents[2]


class Born:
    """A child that somebody else's process reaps; like `subprocess.Popen`, as far as needed."""

    def __init__(self, life: socket.socket) -> None:
        self._life = life

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Its exit status, or a signal's number, negative; None: it still lives, or nobody knows
        any more how it ended."""
        self._life.settimeout(timeout_s)
        with suppress(TimeoutError, OSError):
            if status := self._life.recv(STATUS.size):
                return int(STATUS.unpack(status)[0])
        return None

    def end(self) -> None:
        """Kill it with all that it started; returns when it is gone."""
        with suppress(OSError):
            self._life.shutdown(socket.SHUT_WR)
            self._life.settimeout(None)
            while self._life.recv(STATUS.size):
                pass
        self._life.close()


class Nursery:
    """May be used from several threads. The process starts with the first child, and again when
    it has ended: it does where no file comes for a while."""

    def __init__(self, environment: Callable[[], dict[str, str]]) -> None:
        self._environment = environment
        self._starting = threading.Lock()
        self._line: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def birth(self, streams: Sequence[int]) -> Born:
        """`streams`: standard input, output and error of the child. Raises IngestionFailed."""
        ours, theirs = socket.socketpair()
        with theirs, self._starting:
            for _attempt in range(2):
                try:
                    socket.send_fds(self._open_line(), [b"\0"], [*streams, theirs.fileno()])
                except OSError:  # it has ended
                    self._close_line()
                else:
                    return Born(ours)
        ours.close()
        raise IngestionFailed(cause="no process for extraction could be started")

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def close(self) -> None:
        """Ends the process, and all children that live in it."""
        with self._starting:
            self._close_line()

    def _open_line(self) -> socket.socket:
        if self._line is None or self._process is None or self._process.poll() is not None:
            self._close_line()
            self._line, theirs = socket.socketpair()
            atexit.register(self.close)
            with theirs:
                self._process = subprocess.Popen(
                    [*_COMMAND, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    cwd=_ROOT,
                    env=self._environment(),
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
        return self._line

    def _close_line(self) -> None:
        if self._line is not None:
            self._line.close()
            atexit.unregister(self.close)
        if self._process is not None:
            self._process.wait()
        self._line = self._process = None
