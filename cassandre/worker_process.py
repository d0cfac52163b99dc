"""The web process's side of its worker (cassandre/worker.py): started, told, replaced, ended."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from django.conf import settings

from cassandre.celery import EmbeddedTask
from cassandre.observing import headers_of_task
from documents.adapters.index_wire import IndexLine
from documents.adapters.registry import ask_worker, lock_descriptor

logger = logging.getLogger(__name__)

# Searches at a time: as many as threads may ask (common/threads.py), and one for the rest.
INDEX_CONNECTIONS = 3
START_AGAIN_S = 1.0
# Files under way go back to the queue; the index is written to disk.
STOP_S = 10.0


class WorkerProcess:
    def __init__(self) -> None:
        self._line = IndexLine()
        self._ending = threading.Event()
        self._sending = threading.Lock()
        self._tasks: Connection | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if not settings.QDRANT_URL:
            ask_worker(self._line)
        EmbeddedTask.send = self.send
        # This thread starts it: the kernel ends it with the thread that did.
        threading.Thread(target=self._keep_alive, name="worker", daemon=True).start()

    def send(self, task: str, **options: object) -> None:
        """Enqueue a task there. Lost where it is just being replaced: rows say what is due."""
        with self._sending, suppress(OSError):
            if self._tasks is not None:
                # It publishes them there in its own name.
                options.setdefault("headers", headers_of_task())
                self._tasks.send((task, options))

    @property
    def has_ended(self) -> bool:
        """Between the end of one and the start of the next."""
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> None:
        self._ending.set()
        self._hang_up()
        if self._process is not None:
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        EmbeddedTask.send = None
        ask_worker(None)

    def _hang_up(self) -> None:
        with self._sending:
            if self._tasks is not None:
                self._tasks.close()
                self._tasks = None

    def _keep_alive(self) -> None:
        while not self._ending.is_set():
            self._process = self._spawn()
            status = self._process.wait()
            self._hang_up()
            if not self._ending.wait(START_AGAIN_S):
                logger.error("the worker ended with status %s and is started again", status)

    def _spawn(self) -> subprocess.Popen[bytes]:
        told, tasks = Pipe(duplex=False)
        pairs = [Pipe() for _ in range(0 if settings.QDRANT_URL else INDEX_CONNECTIONS)]
        theirs = [told, *(their for _our, their in pairs)]
        lock = lock_descriptor()
        command = [sys.executable, "-m", "cassandre.worker"]
        command += ["--parent", str(os.getpid()), "--tasks", str(told.fileno())]
        command += ["--index", *(str(their.fileno()) for _our, their in pairs)]
        if lock is not None:
            command += ["--lock", str(lock)]
        passed = [connection.fileno() for connection in theirs] + ([] if lock is None else [lock])
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, pass_fds=passed)
        for connection in theirs:
            connection.close()
        with self._sending:
            self._tasks = tasks
        self._line.connect(our for our, _their in pairs)
        return process


worker_process = WorkerProcess()
