"""The embedded worker: the same Celery tasks on threads of one process, and their timer."""

from __future__ import annotations

import threading

from celery.worker import WorkController
from django.conf import settings

from cassandre.celery import app
from cassandre.schedule import OF_THE_WORKER
from cassandre.timer import Timer
from documents.leases import begin_work, end_work
from documents.tasks import take_up_unfinished_work


class Background:
    """Worker and timer as daemon threads. State is in the database, so that nothing is lost
    with the memory broker: unfinished work is taken up at start."""

    def __init__(self) -> None:
        self._timer = Timer(OF_THE_WORKER, app.send_task)

    def start(self) -> None:
        begin_work()
        self._worker = WorkController(
            app=app,
            pool_cls="threads",
            # One more than files that are read at a time (documents/ingestion.py).
            concurrency=settings.INGESTION_CONCURRENCY + 1,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        take_up_unfinished_work()  # before the worker runs: what runs then is its own
        threading.Thread(target=self._worker.start, name="worker", daemon=True).start()
        self._timer.start()

    def stop(self) -> None:
        """What is being read goes back to the queue at once, to go on at the next start."""
        self._timer.stop()
        end_work()
