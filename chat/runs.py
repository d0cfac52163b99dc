"""The answers that this process is writing. A run belongs to the server, not to a socket."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from contextvars import copy_context
from typing import Protocol
from uuid import UUID

from django.db import DatabaseError

from chat.records import save_checkpoints
from chat.writing import Checkpoint
from common.context import answer_id
from common.threads import in_writer

logger = logging.getLogger(__name__)

# Who writes an answer, in its row: a process that comes back after a crash is another one.
PROCESS_ID = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"

# A crash loses at most this much text, plus what one write takes.
CHECKPOINT_INTERVAL_S = 1.5


class Run(Protocol):
    stopped_by_reader: bool
    ending: bool  # what follows only writes down how it ended, and must not be cut off

    async def write(self) -> None:
        """Run to a final state; never raises."""

    def checkpoint(self) -> Checkpoint | None:
        """What is new since the last call, if anything."""


class AnswerRuns:
    """Strong references to running tasks (asyncio itself keeps only weak ones), and one keeper
    that checkpoints them all together: one transaction per interval, whatever their number."""

    def __init__(self) -> None:
        self._runs: dict[UUID, tuple[Run, asyncio.Task[None]]] = {}
        self._keeper: asyncio.Task[None] | None = None
        self.closing = False

    def start(self, answer: UUID, run: Run) -> None:
        whose = copy_context()
        whose.run(answer_id.set, str(answer))
        loop = asyncio.get_running_loop()
        task = loop.create_task(run.write(), name=f"answer {answer}", context=whose)
        self._runs[answer] = (run, task)
        task.add_done_callback(lambda _task: self._runs.pop(answer, None))
        if self._keeper is None or self._keeper.done():
            self._keeper = asyncio.get_running_loop().create_task(self._keep())

    def stop(self, answer: UUID) -> bool:
        """Stop a run of this process, once; False where it is not ours."""
        if answer not in self._runs:
            return False
        run, task = self._runs[answer]
        if not (run.ending or run.stopped_by_reader):
            run.stopped_by_reader = True
            task.cancel()
        return True

    def __len__(self) -> int:
        return len(self._runs)

    def __contains__(self, answer: UUID) -> bool:
        return answer in self._runs

    def end_all(self) -> None:
        """What runs is interrupted with what there is of it, and can be continued."""
        for run, task in list(self._runs.values()):
            if not run.ending:
                task.cancel()

    async def drain(self, grace_s: float) -> None:
        """Take no new run, give the running ones so long to finish, then end what is left."""
        self.closing = True
        tasks = [task for _run, task in self._runs.values()]
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=grace_s)
            self.end_all()
            if late:
                await asyncio.wait(late, timeout=5)
        if self._keeper is not None:
            self._keeper.cancel()

    async def _keep(self) -> None:
        while self._runs:
            await asyncio.sleep(CHECKPOINT_INTERVAL_S)
            # The last word on an answer is that of its end.
            writing = {answer: run for answer, (run, _t) in self._runs.items() if not run.ending}
            states = [state for run in writing.values() if (state := run.checkpoint())]
            if not self._runs:
                return
            try:
                stops = await in_writer(save_checkpoints, PROCESS_ID, [*writing], states)
            except DatabaseError:
                logger.exception("checkpoint of %s answers failed", len(states))
                continue
            for answer in stops:
                self.stop(answer)


runs = AnswerRuns()
