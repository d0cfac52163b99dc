"""All rows, in one transaction: a target that was not finished is an empty one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import CharField, Model, QuerySet
from django.db.models.functions import Length

from accounts.models import User
from cassandre.moving.errors import (
    NotUpToDate,
    RowRefused,
    SidesDiffer,
    TargetNotEmpty,
    TargetWrong,
)
from cassandre.moving.progress import Advance
from cassandre.moving.state import State
from cassandre.moving.target import Target
from common import tables

SOURCE = DEFAULT_DB_ALIAS


def check_source() -> None:
    """Raises NotUpToDate, and RowRefused for a text that SQLite took and PostgreSQL would not."""
    if _is_behind(SOURCE):
        raise NotUpToDate
    for model in tables.ordered_models():
        for field in tables.columns(model):
            if field.max_length and isinstance(field, CharField):
                _check_length(model, field.attname, field.max_length)


def _is_behind(alias: str) -> bool:
    executor = MigrationExecutor(connections[alias])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _check_length(model: type[Model], name: str, most: int) -> None:
    every: QuerySet[Model] = QuerySet(model=model, using=SOURCE)
    longer = every.annotate(characters=Length(name)).filter(characters__gt=most).first()
    if longer is not None:
        reason = f"{name} of {longer.pk} has more than {most} characters"
        raise RowRefused(table=model._meta.db_table, reason=reason)


def count() -> int:
    models = tables.ordered_models()
    return sum(QuerySet(model=model, using=SOURCE).count() for model in models)


def check_empty(alias: str) -> None:
    """Raises TargetNotEmpty where somebody could sign in there already."""
    if User._meta.db_table not in connections[alias].introspection.table_names():
        return
    people = User.objects.using(alias).count()
    if people:
        name = connections[alias].settings_dict["NAME"]
        raise TargetNotEmpty(target=f"DB_NAME={name}", found=f"{people} accounts")


def migrate(target: Target, alias: str) -> None:
    """In a process that has the target for its own: migrations of data ask the default database.
    Raises TargetWrong."""
    if not _is_behind(alias):
        return
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--no-input"],
        cwd=Path(settings.BASE_DIR),
        env={**os.environ, **target.variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["manage.py migrate"]
        raise TargetWrong(reason=last[0])


def copy(alias: str, on_rows: Advance) -> None:
    """Raises RowRefused. Nothing of it is there before all of it is."""
    with transaction.atomic(using=alias):
        tables.empty(alias)
        for model in tables.ordered_models():
            try:
                tables.copy(model, source=SOURCE, target=alias, on_rows=on_rows)
            except (DatabaseError, ValueError, ValidationError) as error:
                reason = " ".join(str(error).split())
                raise RowRefused(table=model._meta.db_table, reason=reason) from error
        tables.reset_sequences(alias)
        connections[alias].check_constraints()


def compare(alias: str, state: State, on_rows: Advance) -> None:
    """Raises SidesDiffer naming the first table that is not the same."""
    for model in tables.ordered_models():
        ours = tables.sum_of(model, SOURCE)
        theirs = tables.sum_of(model, alias)
        if ours != theirs:
            name = model._meta.db_table
            what = f"{name} ({ours.rows} / {theirs.rows})"
            raise SidesDiffer(what=what, file=str(state.path))
        on_rows(ours.rows)
