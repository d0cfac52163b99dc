"""The schedule's clock where no beat runs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import cast

from django.db import connections

logger = logging.getLogger(__name__)

TICK_S = 1.0

Schedule = Mapping[str, Mapping[str, object]]


class Timer:
    """Calls `run` with the name of each task that is due, at once and then at its interval."""

    def __init__(self, entries: Schedule, run: Callable[[str], object]) -> None:
        self._entries = entries
        self._run = run
        self._ending = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._keep_time, name="timer", daemon=True).start()

    def stop(self) -> None:
        self._ending.set()

    def _keep_time(self) -> None:
        due = dict.fromkeys(self._entries, time.monotonic())
        while not self._ending.wait(TICK_S):
            now = time.monotonic()
            for name, entry in self._entries.items():
                if now >= due[name]:
                    due[name] = now + cast("timedelta", entry["schedule"]).total_seconds()
                    self._call(str(entry["task"]))

    def _call(self, task: str) -> None:
        try:
            self._run(task)
        except Exception:
            logger.exception("%s failed, and is called again when it is due", task)
        finally:
            for connection in connections.all(initialized_only=True):
                connection.close_if_unusable_or_obsolete()
