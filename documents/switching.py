"""A generation's life: begun, paused, switched to, brought back, removed.

All of it is rows: any process may ask, the one that has the index does the work. At every moment
one generation is live, and readers take it from the database with each question.
"""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from common.errors import NotFound
from documents.adapters.registry import close_index, name_live, remove_index
from documents.due import lock_generations, mark_due
from documents.errors import IndexBusy, IndexNotComplete
from documents.generations import live_generation, new_generation
from documents.models import Chunk, Document, DocumentVersion, IndexGeneration

State = IndexGeneration.State

# No search that began before a switch, and no removal from it, is still under way then.
IDLE_S = 120
_CHUNKS_PER_DELETE = 2_000


def begin() -> IndexGeneration:
    """A new generation as the settings want it, everything due in it. Raises IndexBusy where one
    is being built, ModelError where the embedding model is asked and does not answer."""
    generation = new_generation()
    live_generation()  # there is one, beside which it is built
    try:
        with transaction.atomic():
            lock_generations()
            generation.save(force_insert=True)
            mark_due(DocumentVersion.objects.all(), [generation], Document.Stale.VECTORS)
    except IntegrityError as error:
        raise IndexBusy from error
    return generation


def pause(generation_id: UUID) -> None:
    """Its builder stops behind the passages that it is writing."""
    _building(generation_id).update(paused=True)


def resume(generation_id: UUID) -> None:
    _building(generation_id).update(
        paused=False, error_code="", error_params={}, lease_owner="", lease_until=None
    )


def cancel(generation_id: UUID) -> None:
    """Stop building. One that was live before is kept as it was for another way back; a new one
    is removed."""
    with transaction.atomic():
        lock_generations()
        wanted = _building(generation_id)
        over = {"paused": False, "switch_wanted": False, "lease_owner": "", "lease_until": None}
        if not wanted.exclude(retired_at=None).update(state=State.RETIRED, **over):
            wanted.update(state=State.REMOVED, **over)


def bring_back(generation_id: UUID) -> None:
    """Begin the way back to a retired generation: what has changed since is written in it, and it
    can be switched to. Raises IndexBusy where another is being built."""
    try:
        with transaction.atomic():
            lock_generations()
            IndexGeneration.objects.filter(pk=generation_id, state=State.RETIRED).update(
                state=State.BUILDING, paused=False, error_code="", error_params={}
            )
    except IntegrityError as error:
        raise IndexBusy from error


def remove(generation_id: UUID) -> None:
    """Give up a retired generation for good; its rows and its index go with the next sweeps."""
    with transaction.atomic():
        lock_generations()
        IndexGeneration.objects.filter(pk=generation_id, state=State.RETIRED).update(
            state=State.REMOVED
        )


def ask_for_switch(generation_id: UUID) -> bool:
    """Make it the live one: now, or as soon as its builder has caught up with what has just
    changed; returns whether it is. Raises IndexNotComplete before it was complete once."""
    wanted = _building(generation_id).exclude(built_at=None)
    if not wanted.update(switch_wanted=True, paused=False, error_code="", error_params={}):
        raise IndexNotComplete
    return switch_if_complete(generation_id)


def switch_if_complete(generation_id: UUID) -> bool:
    """The switch, where it is wanted and nothing is due: one transaction, and before it, on a
    server, the alias. Returns whether it took place."""
    if not _ready_to_switch(generation_id):
        return False
    generation = _building(generation_id).get()
    name_live(generation.pk, generation.dimensions)
    with transaction.atomic():
        kept = {one.pk: one for one in lock_generations()}
        if generation_id not in kept or not _ready_to_switch(generation_id):
            return False
        old = next(one for one in kept.values() if one.state == State.LIVE)
        IndexGeneration.objects.filter(pk=old.pk).update(
            state=State.RETIRED, retired_at=timezone.now(), built_at=timezone.now()
        )
        _building(generation_id).update(state=State.LIVE, switch_wanted=False, retired_at=None)
        # The old one will not be told any more what it has not been told yet.
        stale = DocumentVersion.objects.exclude(document__stale="")
        mark_due(stale, [old], Document.Stale.VECTORS)
    return True


def _ready_to_switch(generation_id: UUID) -> bool:
    wanted = _building(generation_id).filter(switch_wanted=True, due=None)
    return wanted.exclude(built_at=None).exists()


def _building(generation_id: UUID) -> QuerySet[IndexGeneration]:
    return IndexGeneration.objects.filter(pk=generation_id, state=State.BUILDING)


def tidy_up() -> None:
    """Close what is no longer searched, and remove what was given up. For the process that has
    the index; a removal that was cut off goes on at the next call."""
    retired = IndexGeneration.objects.filter(state=State.RETIRED)
    for key in retired.values_list("pk", flat=True):
        close_index(key, idle_s=IDLE_S)
    for generation in IndexGeneration.objects.filter(state=State.REMOVED):
        remove_index(generation.pk, generation.dimensions)
        chunks = Chunk.objects.filter(generation=generation).order_by()
        while some := list(chunks.values_list("pk", flat=True)[:_CHUNKS_PER_DELETE]):
            # Each in a transaction of its own: citations lose their chunk, and keep their quote.
            Chunk.objects.filter(pk__in=some).delete()
        generation.delete()


def named(text: str) -> IndexGeneration:
    """By the beginning of its id; raises NotFound where none or several begin so."""
    kept = IndexGeneration.objects.exclude(state=State.REMOVED)
    found = [one for one in kept if text and one.pk.hex.startswith(text.replace("-", ""))]
    if len(found) != 1:
        raise NotFound(cause=f"generation {text}")
    return found[0]
