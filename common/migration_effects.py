"""What a migration does to a database that others use meanwhile: told before, and refused in tests.

The old release runs on while the new tables are made. So a migration may add what the old one does
not see, and must leave what it reads and writes; and it may hold a table for moments alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.db import models
from django.db.migrations import Migration
from django.db.migrations.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelTable,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from common.migration_operations import AddIndexGently

# quick: moments, whatever the table holds. data: rows are moved. locks: writers, or everybody, wait
# for as long as the table is large. breaks: processes of the release before fail on it.
Kind = Literal["quick", "data", "locks", "breaks"]


@dataclass(frozen=True, slots=True)
class Effect:
    kind: Kind
    what: str  # the operation, in Django's words
    why: str = ""  # and what to do instead


_BREAKS = (RemoveField, DeleteModel, RenameField, RenameModel, AlterModelTable)


def effects_of(migration: Migration, before: ProjectState) -> list[Effect]:
    """`before`: the state of the project that the migration is applied to."""
    found = list(_Walk(migration.app_label, before).through(migration.operations))
    if migration.atomic and {"data", "quick"} <= {each.kind for each in found}:
        found = [_mixed(each) if each.kind == "data" else each for each in found]
    return found


def _mixed(effect: Effect) -> Effect:
    return Effect(
        "locks",
        effect.what,
        "rows are moved while the table is held: give them a migration of their own",
    )


class _Walk:
    def __init__(self, app: str, before: ProjectState) -> None:
        self._app = app
        self._before = before
        self._made: set[str] = set()  # in this migration: nobody knows these tables yet

    def through(self, operations: Sequence[Operation]) -> Iterator[Effect]:
        for operation in operations:
            if isinstance(operation, CreateModel):
                self._made.add(operation.name.lower())
            elif isinstance(operation, SeparateDatabaseAndState):
                yield from self.through(list(operation.database_operations))
            elif getattr(operation, "model_name", "").lower() in self._made:
                continue
            elif isinstance(operation, AlterField):
                yield self._altered(operation)
            elif not _of_state(operation):
                yield _effect(operation)

    def _altered(self, operation: AlterField) -> Effect:
        model = self._before.models.get((self._app, operation.model_name.lower()))
        was = model.fields.get(operation.name) if model else None
        if was is not None and _as_stored(was) == _as_stored(operation.field):
            return Effect("quick", operation.describe())
        return Effect(
            "locks",
            operation.describe(),
            "the table may be written anew: add a field, move the rows, switch",
        )


def _as_stored(field: models.Field[object, object]) -> tuple[str, list[object], dict[str, object]]:
    """Without what Django alone knows, such as choices."""
    _name, path, args, kwargs = field.deconstruct()
    return path, list(args), {k: v for k, v in kwargs.items() if k not in field.non_db_attrs}


def _of_state(operation: Operation) -> bool:
    """It changes what Django knows, and nothing in the database."""
    return operation.__class__.__name__ in {
        "AlterModelOptions",
        "AlterModelManagers",
        "AlterOrderWithRespectTo",
    }


def _effect(operation: Operation) -> Effect:
    what = operation.describe()
    if isinstance(operation, _BREAKS):
        return Effect(
            "breaks", what, "the release before still reads it: remove it one release later"
        )
    if isinstance(operation, AddField):
        return _added(operation.field, what)
    if isinstance(operation, AddIndexGently):
        return Effect("quick", what)
    if isinstance(operation, AddIndex):
        return Effect("locks", what, "writers wait while it is built: AddIndexGently, atomic=False")
    if isinstance(operation, AddConstraint | AlterUniqueTogether):
        return Effect("locks", what, "every row is checked while writers wait")
    if isinstance(operation, RunPython | RunSQL):
        if operation.reversible:
            return Effect("data", what)
        return Effect("breaks", what, "there is no way back: give it a reverse")
    return Effect("quick", what)


def _added(field: Any, what: str) -> Effect:
    if isinstance(field, models.ManyToManyField):
        return Effect("quick", what)  # a table of its own
    if not field.null and field.db_default is models.NOT_PROVIDED:
        return Effect(
            "breaks", what, "rows that the release before writes have no value: null, or db_default"
        )
    if field.unique or field.db_index:
        return Effect(
            "locks", what, "its index is built while writers wait: without, then AddIndexGently"
        )
    return Effect("quick", what)
