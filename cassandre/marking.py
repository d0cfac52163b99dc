"""Worker and beat say from their main loops that they go on (common/alive.py reads it)."""

from __future__ import annotations

from typing import Any

from celery import bootsteps
from celery.beat import Scheduler

from common.alive import MARK_S, mark, unmark


class MarkedWorker(bootsteps.StartStopStep):  # type: ignore[misc]
    requires = {"celery.worker.components:Timer"}

    def start(self, worker: Any) -> None:
        mark("worker")
        worker.timer.call_repeatedly(MARK_S, mark, ("worker",))

    def stop(self, worker: Any) -> None:
        unmark("worker")


class MarkedScheduler(Scheduler):  # type: ignore[misc]
    """Without a file: what must not be done twice is remembered in the database."""

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        mark("beat")
        return super().tick(*args, **kwargs)

    def close(self) -> None:
        unmark("beat")
        super().close()
