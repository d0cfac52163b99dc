"""The embedded worker: the same Celery tasks on threads of the web process, and their timer."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from celery.worker import WorkController
from django.conf import settings

from cassandre.celery import app
from cassandre.schedule import SCHEDULE
from documents.leases import begin_work, end_work
from documents.tasks import take_up_unfinished_work

logger = logging.getLogger(__name__)

# How often the timer looks at the schedule.
TICK_S = 1.0


class Background:
    """Worker and timer as daemon threads. State is in the database, so that nothing is lost
    with the memory broker: unfinished work is taken up at start."""

    def __init__(self) -> None:
        self._ending = threading.Event()

    def start(self) -> None:
        """Blocking: called off the event loop."""
        begin_work()
        self._worker = WorkController(
            app=app,
            pool_cls="threads",
            # One more than files at a time: other tasks never wait for a long one.
            concurrency=settings.INGESTION_CONCURRENCY + 1,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        take_up_unfinished_work()  # before the worker runs: what runs then is its own
        threading.Thread(target=self._worker.start, name="worker", daemon=True).start()
        threading.Thread(target=self._keep_time, name="timer", daemon=True).start()

    def stop(self) -> None:
        """What is being read goes back to the queue at once, to go on at the next start."""
        self._ending.set()
        end_work()
        self._worker.stop(in_sighandler=False)

    def _keep_time(self) -> None:
        due = dict.fromkeys(SCHEDULE, time.monotonic())
        while not self._ending.wait(TICK_S):
            now = time.monotonic()
            for name, entry in SCHEDULE.items():
                if now < due[name]:
                    continue
                every: timedelta = entry["schedule"]  # type: ignore[assignment]
                due[name] = now + every.total_seconds()
                app.send_task(str(entry["task"]))
