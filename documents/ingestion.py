"""From file to passages: extract → chunk → index → publish, each step idempotent and resumable.

A run holds a lease on the version's row and extends it with every piece of progress. Whoever
loses the lease (cancelled, deleted, taken over) stops at the next piece and writes no more.
"""

from __future__ import annotations

import logging
import uuid

from ai.errors import EmbedderNotInstalled, EmbeddingModelMissing
from documents.adapters.registry import get_index
from documents.errors import FileRefused
from documents.generations import live_generation
from documents.leases import LeaseLost, Run, claim, fail, retry_or_fail
from documents.models import Chunk, DocumentVersion, IndexGeneration
from documents.steps import steps_from

logger = logging.getLogger(__name__)


def ingest(version_id: uuid.UUID) -> None:
    """Bring one queued version online, from the step where it was left.

    Does nothing where the row is gone or not queued.
    """
    owner = uuid.uuid4().hex
    if not claim(version_id, owner):
        return
    version = DocumentVersion.objects.select_related("document__corpus").get(pk=version_id)
    try:
        generation = live_generation()
        index = get_index(generation.pk, generation.dimensions)
        run = Run(version=version, owner=owner, generation=generation, index=index)
        for step, work in steps_from(_step_to_go_on_at(version, generation)):
            run.update(step=step, progress_done=0, progress_total=0)
            work(run)
    except LeaseLost:
        logger.info("ingestion of %s: lease lost", version_id)
    except FileRefused as error:
        fail(version_id, owner, error.code, error.params)
    except (EmbedderNotInstalled, EmbeddingModelMissing) as error:
        # Somebody must provide it first: trying again by itself would only hide what is wrong.
        logger.warning("ingestion of %s: %s", version_id, error)
        fail(version_id, owner, error.code, error.params)
    except Exception:
        logger.exception("ingestion of %s failed", version_id)
        retry_or_fail(version_id, owner)


def _step_to_go_on_at(version: DocumentVersion, generation: IndexGeneration) -> str:
    """Where it was left; but from its passages where it was left in another generation."""
    Step = DocumentVersion.Step
    has_passages = Chunk.objects.filter(version=version, generation=generation).exists()
    if version.step in {Step.INDEX, Step.PUBLISH} and not has_passages:
        return Step.CHUNK
    return version.step
