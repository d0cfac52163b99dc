"""Sending a task while the broker may be away.

What a person was told is in the database before a task about it is sent, so that a broker that
does not answer must neither fail the request nor hold it. What comes by itself again is left out;
the rest is kept as a row, and sent once the broker is back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from cassandre.queues import QUEUE_OF

logger = logging.getLogger(__name__)

# A request that enqueues five hundred tasks waits for the broker once, not five hundred times.
NOT_ASKED_FOR_S = 5.0
AT_ONCE = 1000


class Publisher:
    """One per process."""

    def __init__(self) -> None:
        self._not_before = 0.0

    def send(self, task: str, publish: Callable[[], Any]) -> tuple[bool, Any]:
        """Whether the broker has taken it, and what `publish` returned."""
        if time.monotonic() < self._not_before:
            return False, None
        try:
            return True, publish()
        except (OperationalError, RedisError) as error:  # away; or it answers that it is full
            logger.warning("the broker does not answer, %s is not sent: %s", task, error)
            self._not_before = time.monotonic() + NOT_ASKED_FOR_S
            return False, None

    def ask_again(self) -> None:
        self._not_before = 0.0


publisher = Publisher()


def keep(task: str, args: Any, kwargs: Any) -> None:
    """Until `send_unsent`."""
    from common.models import UnsentTask  # noqa: PLC0415 (the apps are not loaded yet)

    UnsentTask.objects.get_or_create(task=task, args=list(args or ()), kwargs=dict(kwargs or {}))


def send_unsent(send: Callable[[str, Any, Any], Any]) -> int:
    """What is kept, oldest first, until the broker is away again; returns how many went. What an
    older release has kept, and this one does not know, goes too."""
    from common.models import UnsentTask  # noqa: PLC0415 (as above)

    sent = 0
    UnsentTask.objects.exclude(task__in=QUEUE_OF).delete()
    for row in UnsentTask.objects.order_by("pk")[:AT_ONCE]:
        was_sent, _result = publisher.send(row.task, partial(send, row.task, row.args, row.kwargs))
        if not was_sent:
            break
        row.delete()
        sent += 1
    return sent
