"""A lease that is extended whatever its holder is waiting for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)


@contextmanager
def beating(extend: Callable[[], bool], *, every_s: float, name: str) -> Iterator[None]:
    """Call `extend` on a thread of its own while the work inside lasts, or until it says that the
    lease is lost. `name` is for the log."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(every_s):
            try:
                if not extend():
                    return
            except DatabaseError as error:
                logger.warning("lease of %s: %s", name, error)
            finally:
                connection.close()

    threading.Thread(target=beat, name="lease", daemon=True).start()
    try:
        yield
    finally:
        over.set()
