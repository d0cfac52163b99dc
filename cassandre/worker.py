"""`python -m cassandre.worker`: the process beside an embedded web process, started by it
(cassandre/worker_process.py). It runs the tasks and holds the index, so that neither takes the
interpreter from who answers people. It ends with the web process, however that ends.
"""

from __future__ import annotations

import argparse
import ctypes
import logging
import os
import signal
import sys
import threading
from functools import partial
from multiprocessing.connection import Connection

import django
from django.db import DatabaseError

logger = logging.getLogger(__name__)

# Of the interpreter, among threads: a search must not wait for the 5 ms of a task's turn, twice
# or three times.
SWITCH_S = 0.001
# Of the threads that run tasks: pages, and the searches that they ask for, come first.
TASKS_NICE = 5
_PR_SET_PDEATHSIG = 1


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--tasks", type=int, required=True)
    parser.add_argument("--lock", type=int)
    parser.add_argument("--index", type=int, nargs="*", default=[])
    given = parser.parse_args()
    _end_with(given.parent)
    # A terminal and a supervisor signal the whole group: the web process says when it is time.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.setswitchinterval(SWITCH_S)
    django.setup()
    _observe()
    _hold_index(given.lock, [Connection(descriptor) for descriptor in given.index])
    _work(Connection(given.tasks, writable=False))


def _observe() -> None:
    from cassandre.observing import observe  # noqa: PLC0415 (needs the settings)

    observe("worker")


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before this was said
        sys.exit(0)


def _hold_index(lock: int | None, connections: list[Connection]) -> None:
    from common.errors import CassandreError  # noqa: PLC0415 (needs the apps, as all below)
    from documents.adapters.index_wire import serve_index  # noqa: PLC0415
    from documents.adapters.registry import adopt_lock, get_index  # noqa: PLC0415
    from documents.generations import live_generation  # noqa: PLC0415

    if lock is not None:
        adopt_lock(lock)
    try:
        generation = live_generation()
        get_index(generation.pk, generation.dimensions)
    except (CassandreError, DatabaseError, OSError) as error:
        logger.warning("the index is not open yet: %s", error)
    for connection in connections:
        serve = partial(serve_index, connection, get_index)
        threading.Thread(target=serve, name="index", daemon=True).start()


def _work(tasks: Connection) -> None:
    """Until the web process closes its end."""
    from cassandre.background import Background  # noqa: PLC0415
    from cassandre.celery import app  # noqa: PLC0415
    from cassandre.observing import observe_no_more  # noqa: PLC0415
    from documents.adapters.registry import close_indexes  # noqa: PLC0415

    if sys.platform == "linux":  # elsewhere it would hold for the threads of the index, too
        os.nice(TASKS_NICE)  # this thread, and those that it starts from now on
    background = Background()
    background.start()
    try:
        while True:
            name, options = tasks.recv()
            app.tasks[name].apply_async(**options)
    except EOFError:
        pass
    background.stop()
    close_indexes()
    observe_no_more()
    # Celery's threads are not waited for: what they had is given back, and their connection,
    # closed under them, would only make them complain.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
