"""A measurement's row, from its beginning to its end."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.selectors import active_user
from common.errors import CassandreError
from evaluation.models import Measurement

logger = logging.getLogger(__name__)

M = TypeVar("M", bound=Measurement)

# Questions between two notes of the progress.
NOTED_EVERY = 10


def carry_out(kind: type[M], pk: UUID, measure: Callable[[M, User], dict[str, Any]]) -> bool:
    """What `measure` gives, with the rights of who began it derived anew, onto the row; whether
    it came to that. Does nothing where the row is gone or has ended."""
    row = _running(kind, pk).first()
    if row is None:
        return False
    try:
        found = measure(row, active_user(row.by_id or UUID(int=0)))
    except CassandreError as error:
        logger.warning("%s %s: %s: %s", kind.__name__, pk, error.code, error)
        _set(kind, pk, state=Measurement.State.FAILED, error_code=error.code)
        return False
    except Exception:
        logger.exception("%s %s failed", kind.__name__, pk)
        _set(kind, pk, state=Measurement.State.FAILED, error_code=CassandreError.code)
        return False
    _set(kind, pk, state=Measurement.State.DONE, **{"done": row.total, **found})
    return True


def note_progress(row: Measurement, done: int) -> None:
    """Now and then: a question takes some milliseconds."""
    if done % NOTED_EVERY == 0:
        _set(type(row), row.pk, done=done)


def _running(kind: type[M], pk: UUID) -> QuerySet[M]:
    return QuerySet(kind).filter(pk=pk, state=Measurement.State.RUNNING)


def _set(kind: type[Measurement], pk: UUID, **fields: object) -> None:
    """Nothing where the row has its figures, or has gone."""
    _running(kind, pk).update(changed_at=timezone.now(), **fields)
