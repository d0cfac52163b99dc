"""The state of the configured models in rows, so that every process knows what one has seen.

Rows are written when a state changes. A failing model is asked by one process of all, with pauses
that grow; one that nobody uses is asked for its list of models now and then, which costs no token.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from ai.errors import ModelError, ModelTimedOut
from ai.health import SUCCESSES, FailingModel, Key, Kind, Observations, now_failing, observations
from ai.models import ModelState
from ai.services import configured_models, probe_model

logger = logging.getLogger(__name__)

# Between two questions to a failing model; the last for ever.
PAUSES_S = (10, 20, 40, 80, 160, 300)
IDLE_S = 600
# Of one question; the clients' own bounds are shorter.
PROBE_S = 20.0


@dataclass(frozen=True, slots=True)
class Due:
    key: Key
    is_whole: bool  # a real request; else its list of models, where there is one


@dataclass(frozen=True, slots=True)
class Look:
    failing: tuple[FailingModel, ...]
    due: tuple[Due, ...]


class ModelWatch:
    """Of one process."""

    def __init__(self, seen: Observations = observations) -> None:
        self._seen = seen
        self._known: frozenset[Key] = frozenset()  # that fail, since the last look

    def look(self, now: datetime | None = None) -> Look:
        """Write what has changed, read what others have written; say whom to ask. One query where
        nothing has. Blocking."""
        now = now or timezone.now()
        rows = {Key(_kind(row), row.name): row for row in ModelState.objects.all()}
        due: list[Due] = []
        failing: list[ModelState] = []
        for key in configured_models():
            row = rows.get(key) or _begin(key, now)
            self._judge(key, row, now)
            if row.failing:
                failing.append(row)
            due += self._due(key, row, now)
        self._known = frozenset(Key(_kind(row), row.name) for row in failing)
        found = tuple(
            FailingModel(_kind(row), row.name, row.code, row.cause, row.since) for row in failing
        )
        now_failing(found)
        return Look(found, tuple(due))

    def _judge(self, key: Key, row: ModelState, now: datetime) -> None:
        if row.failing:
            if key not in self._known:
                self._seen.begin_anew(key)
            elif self._seen.works(key):
                _change(row, failing=False, code="", cause="", since=now, tries=0)
        elif failure := self._seen.failure(key):
            code, cause, for_s = failure
            since = now - timedelta(seconds=for_s)
            _change(row, failing=True, code=code, cause=cause[:300], since=since, probe_at=now)
            self._seen.begin_anew(key)

    def _due(self, key: Key, row: ModelState, now: datetime) -> list[Due]:
        if not row.failing and self._seen.is_suspect(key):
            return [Due(key, is_whole=False)]
        if row.probe_at > now or not (row.failing or self._seen.is_idle(key, IDLE_S)):
            return []
        pause = PAUSES_S[min(row.tries, len(PAUSES_S) - 1)] if row.failing else IDLE_S
        mine = ModelState.objects.filter(pk=row.pk, probe_at=row.probe_at).update(
            probe_at=now + timedelta(seconds=pause), tries=F("tries") + int(row.failing)
        )
        return [Due(key, is_whole=row.failing)] if mine else []


async def ask(due: Due, seen: Observations = observations) -> None:
    """Ask a model and observe what comes. Never raises."""
    try:
        async with asyncio.timeout(PROBE_S):
            has_worked = await probe_model(due.key, is_whole=due.is_whole)
    except (ModelError, TimeoutError) as error:
        seen.failed(due.key, error if isinstance(error, ModelError) else ModelTimedOut())
    else:
        if has_worked:
            seen.succeeded(due.key, times=SUCCESSES)
        else:
            seen.answered(due.key)


def _begin(key: Key, now: datetime) -> ModelState:
    row, _made = ModelState.objects.get_or_create(
        kind=key.kind,
        name=key.name,
        defaults={"since": now, "probe_at": now + timedelta(seconds=IDLE_S)},
    )
    return row


def _change(row: ModelState, **fields: object) -> None:
    """Once, whoever of all processes is first."""
    if not ModelState.objects.filter(pk=row.pk, failing=row.failing).update(**fields):
        row.refresh_from_db()
        return
    for name, value in fields.items():
        setattr(row, name, value)
    what = f"fails: {row.code}" if row.failing else "works again"
    logger.warning("the %s model %s %s", row.kind, row.name, what)


def _kind(row: ModelState) -> Kind:
    return row.kind  # type: ignore[return-value]  # nothing else is written
