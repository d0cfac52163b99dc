"""What every web process looks at every other second: maintenance, and how the models do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from django.conf import settings
from django.db import connection
from django.utils.translation import override

from ai.health import FailingModel
from ai.watching import Due, Look, ModelWatch, ask
from chat import frames
from chat.banners import banners_of
from chat.live import show_everyone
from chat.runs import runs
from common import maintenance, reachable
from common.maintenance import LOOK_S, Maintenance
from common.outage import outage_behind
from common.threads import in_watcher

logger = logging.getLogger(__name__)

Known = tuple[Maintenance | None, bool, tuple[FailingModel, ...]]


class StatusWatch:
    """Tells all sockets of the process when something has changed, asks the models that are due,
    and ends what is still being written when maintenance has begun."""

    def __init__(self) -> None:
        self._models = ModelWatch()
        self._known: Known | None = None
        self._since: float | None = None  # maintenance has been on, by the loop's clock
        self._task: asyncio.Task[None] | None = None
        self._asking: dict[object, asyncio.Task[None]] = {}

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        tasks = [task for task in (self._task, *self._asking.values()) if task]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _watch(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:
                if (outage := outage_behind(error)) is None:
                    logger.exception("what is well could not be looked at; it is tried again")
                else:
                    logger.warning("what is well cannot be looked at: %s", outage)
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        if settings.DB_HOST:
            with reachable.looking("database"):
                await in_watcher(_ping)
        state, seen = await in_watcher(_look, self._models)
        self._end_answers(state)
        for due in seen.due:
            self._ask(due)
        known = (state, state is not None and state.is_on, seen.failing)
        if self._known is not None and known != self._known:
            show_everyone(lambda language: banners_frame(state, seen.failing, language))
        self._known = known

    def _end_answers(self, state: Maintenance | None) -> None:
        """Answers under way have ANSWER_GRACE_S, as when the process is told to end."""
        if state is None or not state.is_on:
            self._since = None
            return
        now = time.monotonic()
        if self._since is None:
            self._since = now
        elif now - self._since >= settings.ANSWER_GRACE_S:
            runs.end_all()

    def _ask(self, due: Due) -> None:
        if due.key in self._asking:
            return
        task = asyncio.create_task(ask(due))
        self._asking[due.key] = task
        task.add_done_callback(lambda _task: self._asking.pop(due.key, None))


def _ping() -> None:
    """No table, which somebody may have locked while the server is well."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _look(models: ModelWatch) -> tuple[Maintenance | None, Look]:
    return maintenance.current(), models.look()


def banners_frame(
    state: Maintenance | None, models: tuple[FailingModel, ...], language: str
) -> str:
    with override(language):
        return frames.encode(frames.Banners(banners=banners_of(state, models)))
