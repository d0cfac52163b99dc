"""Building a generation beside the live one, from the rows: pages, titles, hints, dates.

What is due is in rows (documents/due.py). One process at a time works it off, under a lease on
the generation's row; a killed one's turn ends with its lease, and the next begins with the file
that was under way. Ingestion goes first: a turn ends where a file waits.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from ai.errors import ModelError
from common.errors import CassandreError
from documents.errors import EmbeddingFailed, IndexBuildFailed, IndexDiffers
from documents.indexing import Target, bring_into, embedder_of, standing_of, target_of
from documents.leases import LEASE, is_ending
from documents.models import Document, DocumentVersion, DueVersion, IndexGeneration
from documents.queueing import someone_waits
from documents.switching import switch_if_complete
from documents.verifying import repair, verify

logger = logging.getLogger(__name__)

State = IndexGeneration.State
# The live one has work here where ingestion ended in the moment of a switch, and after a repair.
_WORKED_OFF = Q(state=State.LIVE) | Q(state=State.BUILDING, paused=False)
# Until a failed live generation, which cannot be paused, is tried again.
_REST = timedelta(minutes=1)


class TurnOver(Exception):
    """The lease is no longer ours: paused, cancelled, switched or taken over."""


def waiting_generations() -> list[IndexGeneration]:
    """Those that a turn would do something for now."""
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    found = IndexGeneration.objects.filter(_WORKED_OFF, free)
    return [one for one in found if one.state == State.BUILDING or one.due.exists()]


def work_off(generation_id: UUID, must_yield: Callable[[], bool] = someone_waits) -> bool:
    """One turn: what is due, until `must_yield` says otherwise behind one file. Returns whether
    there is more to do. A failure pauses the generation, with the reason on its row."""
    owner = uuid.uuid4().hex
    generation = _claim(generation_id, owner)
    if generation is None:
        return False
    try:
        return _Turn(generation, owner).run(must_yield)
    except TurnOver:
        logger.info("building of generation %s: turn over", generation_id)
    except CassandreError as error:
        logger.warning("building of generation %s: %s", generation_id, error)
        _give_up(generation, owner, error)
    except Exception:
        logger.exception("building of generation %s failed", generation_id)
        _give_up(generation, owner, IndexBuildFailed())
    finally:
        IndexGeneration.objects.filter(pk=generation_id, lease_owner=owner).update(
            lease_owner="", lease_until=None
        )
    return False


def _claim(generation_id: UUID, owner: str) -> IndexGeneration | None:
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    mine = IndexGeneration.objects.filter(_WORKED_OFF, free, pk=generation_id)
    if not mine.update(lease_owner=owner, lease_until=now + LEASE):
        return None
    return IndexGeneration.objects.filter(pk=generation_id).first()


def _give_up(generation: IndexGeneration, owner: str, error: CassandreError) -> None:
    held = IndexGeneration.objects.filter(pk=generation.pk, lease_owner=owner)
    held.filter(state=State.BUILDING).update(paused=True)
    held.update(
        error_code=error.code,
        error_params=error.params,
        lease_owner="",
        lease_until=timezone.now() + _REST if generation.state == State.LIVE else None,
    )


class _Turn:
    def __init__(self, generation: IndexGeneration, owner: str) -> None:
        self._generation = generation
        self._owner = owner
        self._target: Target = target_of(generation)
        self._repaired = False

    def run(self, must_yield: Callable[[], bool]) -> bool:
        while True:
            self._hold()
            due = (
                self._generation.due.select_related("version__document")
                .order_by("since", "pk")
                .first()
            )
            if due is not None:
                self._write(due)
                if must_yield():
                    return True
            elif self._is_complete():
                break
        if self._generation.state == State.BUILDING:
            switch_if_complete(self._generation.pk)
        return False

    def _hold(self, *_progress: int) -> None:
        held = IndexGeneration.objects.filter(
            _WORKED_OFF, pk=self._generation.pk, lease_owner=self._owner
        )
        if is_ending() or not held.update(lease_until=timezone.now() + LEASE):
            raise TurnOver

    def _write(self, due: DueVersion) -> None:
        version = due.version
        try:
            if due.what == Document.Stale.VECTORS:
                self._require_embedder()
                bring_into(self._target, version, on_progress=self._hold)
            else:
                self._target.index.set_standing(version.pk, standing_of(version))
        except ModelError as error:
            raise EmbeddingFailed(
                model=self._generation.embedding_model, reason=error.code, cause=str(error)
            ) from error
        except IntegrityError:
            if DocumentVersion.objects.filter(pk=version.pk).exists():
                raise
        # What changed while it was written is due again, with another moment.
        DueVersion.objects.filter(pk=due.pk, since=due.since).delete()
        if not DocumentVersion.objects.filter(pk=version.pk).exists():  # removed meanwhile
            self._target.index.delete_version(version.pk)

    def _require_embedder(self) -> None:
        """Without it, a file would silently be left without vectors."""
        wanted = self._generation
        if wanted.dimensions and embedder_of(wanted) is None:
            raise EmbeddingFailed(model=wanted.embedding_model, reason="not-configured")

    def _is_complete(self) -> bool:
        """Nothing is due. The first time, the points are compared with the rows, and what is
        amiss becomes due once more."""
        row = IndexGeneration.objects.get(pk=self._generation.pk)
        if row.state == State.LIVE or row.built_at is not None:
            return True
        report = verify(self._target)
        if not report.differs:
            built = IndexGeneration.objects.filter(pk=row.pk)
            built.update(built_at=timezone.now(), error_code="", error_params={})
            return True
        if self._repaired:
            raise IndexDiffers(cause=str(report))
        repair(self._target, report)
        self._repaired = True
        return False
