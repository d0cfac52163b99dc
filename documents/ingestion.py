"""From file to passages: extract → chunk → index → publish, each step idempotent and resumable.

A run holds a lease on the version's row and extends it with every piece of progress, and beside
the work. Whoever loses the lease (cancelled, paused, deleted, taken over) stops at the next piece
and writes no more.
"""

from __future__ import annotations

import logging
import time
import uuid

from django.conf import settings

from ai.errors import ModelError
from common.errors import CassandreError, Unavailable
from documents import queueing
from documents.adapters.registry import get_index
from documents.errors import FileRefused
from documents.figures import measured
from documents.generations import live_generation
from documents.leases import (
    LeaseLost,
    Run,
    beating,
    claim,
    fail,
    give_back,
    held_by,
    is_ending,
    new_owner,
    retry_or_fail,
)
from documents.models import Chunk, DocumentVersion, IndexGeneration
from documents.outages import outage_behind
from documents.slots import Slots
from documents.steps import steps_from

logger = logging.getLogger(__name__)

# Other tasks wait behind a turn.
TURN_S = 30.0
# A worker has a thread or a process more than files that are read at a time: the sweeps, and what
# curators and readers do, never wait for a long file.
_turns = Slots(settings.INGESTION_CONCURRENCY)


def work_off_queue() -> bool:
    """One turn of a worker: the next file, and the next, in the order of documents/queueing.py.
    Returns whether the turn ended before the queue did."""
    with _turns.one() as is_mine:
        until = time.monotonic() + TURN_S
        while is_mine and _ingest_next():
            if time.monotonic() >= until:
                return True
        return False


def _ingest_next() -> bool:
    owner = new_owner()
    taken = None if is_ending() else queueing.take_next(owner)
    if taken is not None:
        _ingest(taken.version, owner, is_trial=taken.is_trial)
    return taken is not None


def ingest(version_id: uuid.UUID) -> None:
    """Bring one queued version online out of its turn, from the step where it was left.

    Does nothing where the row is gone or not queued.
    """
    owner = new_owner()
    if claim(version_id, owner):
        _ingest(version_id, owner)


def _ingest(version_id: uuid.UUID, owner: str, *, is_trial: bool = False) -> None:
    version = DocumentVersion.objects.select_related("document__corpus").get(pk=version_id)
    works_again = False
    try:
        generation = live_generation()
        index = get_index(generation.pk, generation.dimensions)
        run = Run(version=version, owner=owner, generation=generation, index=index)
        with beating(run):
            for step, work in steps_from(_step_to_go_on_at(version, generation)):
                run.update(step=step, progress_done=0, progress_total=0)
                with measured(step):
                    work(run)
    except LeaseLost:
        logger.info("ingestion of %s: lease lost", version_id)
    except FileRefused as error:
        fail(version_id, owner, error)
    except Exception as error:
        outage = outage_behind(error)
        if outage is not None:
            logger.warning("ingestion waits: %s", outage)
            give_back(held_by(owner), error_code=outage.code, error_params=outage.params)
            queueing.pause_for(outage)
            return
        logger.exception("ingestion of %s failed", version_id)
        retry_or_fail(version_id, owner, error if isinstance(error, CassandreError) else None)
        works_again = isinstance(error, (ModelError, Unavailable))  # it was asked just now
    else:
        works_again = True
    if is_trial:
        # Where the file has not come to the service, the next one tries.
        queueing.go_on() if works_again else queueing.try_now()


def _step_to_go_on_at(version: DocumentVersion, generation: IndexGeneration) -> str:
    """Where it was left; but from its passages where it was left in another generation."""
    Step = DocumentVersion.Step
    has_passages = Chunk.objects.filter(version=version, generation=generation).exists()
    if version.step in {Step.INDEX, Step.PUBLISH} and not has_passages:
        return Step.CHUNK
    return version.step
