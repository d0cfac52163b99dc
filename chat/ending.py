"""The last word on an answer, written also where the database is away for a while."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError

from chat.records import FinishedAnswer
from common.threads import in_writer

logger = logging.getLogger(__name__)

# A database that is moved or started again comes back within this; the text waits in memory.
AWAY_S = 600.0
AGAIN_S = 1.0


async def write_end(save: Callable[[FinishedAnswer], None], finished: FinishedAnswer) -> None:
    """Call `save`, again and again while the database does not answer. Raises what it raised last
    after AWAY_S, and any other error at once."""
    given_up_at = time.monotonic() + AWAY_S
    while True:
        try:
            await in_writer(save, finished)
        except (OperationalError, InterfaceError) as error:
            if time.monotonic() >= given_up_at:
                raise
            logger.warning("the end of the answer waits for the database: %s", error)
            await asyncio.sleep(AGAIN_S)
        else:
            return
