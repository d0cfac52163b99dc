"""What a web process starts and ends with. uvicorn calls it; daphne has no lifespan."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from ai.services import close_clients, get_chat_model
from cassandre.celery import app
from cassandre.loop_watch import LoopWatch
from cassandre.observing import observe, observe_no_more
from cassandre.schedule import OF_THE_WEB
from cassandre.timer import Timer
from cassandre.worker_process import worker_process
from chat.listening import NeighbourListener
from chat.live import attach
from chat.runs import runs
from chat.sweeping import interrupt_dead_answers
from chat.watching import StatusWatch
from common.errors import CassandreError
from common.threads import in_thread
from documents.adapters.registry import close_indexes, get_index, lock_index
from documents.generations import live_generation

logger = logging.getLogger(__name__)


# The first pages come before.
WARM_UP_AFTER_S = 1.0


class Lifespan:
    """The ASGI lifespan protocol: https://asgi.readthedocs.io/en/latest/specs/lifespan.html"""

    def __init__(self) -> None:
        self._timer = Timer(OF_THE_WEB, lambda task: app.tasks[task]())
        self._listener = NeighbourListener()
        self._status = StatusWatch()
        self._warming: asyncio.Task[None] | None = None
        self._watch = LoopWatch()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self._start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self._stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _start(self) -> None:
        observe("web")
        self._watch.start()
        runs.closing = False
        attach()
        if settings.EMBEDDED_WORKER:
            lock_index()
            # A Qdrant server locks nobody out: there may be another process, with answers.
            await in_thread(interrupt_dead_answers, all_of_them=not settings.QDRANT_URL)
            worker_process.start()
            app.loader.import_default_modules()  # as a worker does: registers the tasks
            self._timer.start()
        self._status.start()
        if settings.CHANNEL_REDIS:
            self._listener.start()
        self._warming = asyncio.create_task(_warm_up())

    async def _stop(self) -> None:
        if self._warming is not None:
            self._warming.cancel()
        await runs.drain(settings.ANSWER_GRACE_S)
        await self._listener.stop()
        await self._status.stop()
        if settings.EMBEDDED_WORKER:
            self._timer.stop()
            await in_thread(worker_process.stop)
        await close_clients()
        await in_thread(close_indexes)
        self._watch.stop()
        await in_thread(observe_no_more)


async def _warm_up() -> None:
    """Load what the first question would have to wait for: the model's client, the index."""
    await asyncio.sleep(WARM_UP_AFTER_S)
    for load in (get_chat_model, _open_index):
        try:
            await in_thread(load)
        except (CassandreError, DatabaseError, OSError) as error:
            logger.info("not ready for the first question: %s", error)
    _spare_the_collector()


def _open_index() -> None:
    generation = live_generation()
    get_index(generation.pk, generation.dimensions)


def _spare_the_collector() -> None:
    """What start-up made lives as long as the process and need not be looked through again; and
    frames make so many short-lived objects that a look after each 700 is a tenth of their cost."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
