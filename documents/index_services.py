"""What an operator asks of the index generations, in the back office. Each refuses who may not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Literal
from uuid import UUID

from accounts.models import User
from ai.errors import ModelError
from common.errors import InvalidInput
from documents import switching
from documents.errors import EmbeddingFailed
from documents.generations import wanted_making
from documents.index_selectors import get_generation_managed_by, require_index_management
from documents.models import IndexGeneration
from documents.tasks import build_index

logger = logging.getLogger(__name__)

Action = Literal["pause", "resume", "cancel", "switch", "back", "remove"]

_VERBS: dict[str, Callable[[UUID], object]] = {
    "pause": switching.pause,
    "resume": switching.resume,
    "cancel": switching.cancel,
    "switch": switching.ask_for_switch,
    "back": switching.bring_back,
    "remove": switching.remove,
}


def begin_generation(*, by: User) -> IndexGeneration:
    """Build one as the settings want it. Raises IndexBusy, or EmbeddingFailed."""
    require_index_management(by)
    try:
        generation = switching.begin()
    except ModelError as error:
        model = wanted_making().embedding_model
        raise EmbeddingFailed(model=model, reason=error.code, cause=str(error)) from error
    logger.info("generation %s begun by user %s", generation.pk, by.pk)
    build_index.delay_on_commit(str(generation.pk))
    return generation


def change_generation(*, by: User, generation: UUID, action: str) -> IndexGeneration:
    """As manage.py reindex does it; returns the row as it is then. An action that its state does
    not allow changes nothing."""
    require_index_management(by)
    row = get_generation_managed_by(by, generation)
    if action not in _VERBS:
        raise InvalidInput(field="action", reason=action)
    _VERBS[action](row.pk)
    logger.info("generation %s: %s by user %s", row.pk, action, by.pk)
    row.refresh_from_db()
    if row.state == IndexGeneration.State.BUILDING and not row.paused:
        build_index.delay_on_commit(str(row.pk))
    return row
