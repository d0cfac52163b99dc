"""Rows of all tables as lines of JSON, from and into any database that Django knows.

A part begins with a line that names the table and its columns; each other line is a row, an array
of values. Rows are read and written as they are: no signal, no `save()`, no automatic date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec
from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db import connection, models
from django.db.models import Value

from common.tables import ROWS_PER_BATCH, Row, columns, insert, rows

# Who is signed in, what is written anew after a restore, and what tells of this place alone.
LEFT_OUT = frozenset(
    {
        "sessions.Session",
        "documents.DueVersion",
        "documents.IndexCheck",
        "documents.IngestionPause",
        "backups.BackupRecord",
        "common.MaintenanceNotice",
        "common.PeriodicRun",
        "ai.ModelState",
    }
)
# Made by every migration, with other numbers each time: a restore puts the backup's in their place.
MADE_BY_MIGRATIONS = ("contenttypes.ContentType", "auth.Permission")

Model = type[models.Model]


def kept_models(registry: Apps) -> list[Model]:
    """The tables of a backup, those between two others included."""
    found = [
        model
        for model in registry.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.label not in LEFT_OUT
    ]
    return sorted(found, key=lambda model: model._meta.label)


def all_rows(model: Model) -> models.QuerySet[Any]:
    """Whatever its managers would hide."""
    return models.QuerySet(model=model)


def header_of(model: Model) -> bytes:
    return msgspec.json.encode({"model": model._meta.label, "columns": _names(model)})


def encoded_rows(model: Model, using: str) -> Iterator[bytes]:
    for row in rows(model, using):
        yield msgspec.json.encode([_plain(value) for value in row])


def _names(model: Model) -> list[str]:
    return [field.attname for field in columns(model)]


def _plain(value: Any) -> Any:
    # PostgreSQL's driver gives the one, SQLite's the other.
    return bytes(value) if isinstance(value, memoryview) else value


class Loader:
    """The lines of a part into its table, in the schema that `registry` knows. Raises ValueError
    or LookupError where they do not fit it."""

    def __init__(self, registry: Apps) -> None:
        self._registry = registry

    def load(self, lines: Iterator[bytes]) -> int:
        """Returns how many rows there were."""
        header = msgspec.json.decode(next(lines))
        model = self._registry.get_model(header["model"])
        if set(header["columns"]) != set(_names(model)):
            raise ValueError(f"other columns in {header['model']}")
        count = 0
        # Migrations may have made them in another order.
        places = [(field, header["columns"].index(field.attname)) for field in columns(model)]
        while some := [_row(places, line) for line in islice(lines, ROWS_PER_BATCH)]:
            insert(model, connection.alias, some)
            count += len(some)
        return count


def _row(places: list[tuple[Any, int]], line: bytes) -> Row:
    values = msgspec.json.decode(line)
    if len(values) != len(places):
        raise ValueError(f"{len(values)} values for {len(places)} columns")
    return tuple(_value(field, values[place]) for field, place in places)


def _value(field: Any, value: Any) -> Any:
    if not isinstance(field, models.JSONField):
        return field.to_python(value)
    # JSON's own null, where the column must hold something.
    return Value(None, models.JSONField()) if value is None and not field.null else value


def reset_sequences(loaded: Iterable[Model]) -> None:
    """So that the next row's number is behind those that were loaded."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(loaded)):
            cursor.execute(statement)
