"""All tables of an installation in order, and their rows copied from one database to another.

Nothing of the models takes part: no signals, no save(), no times of now. What comes out of one
database goes into the other, primary keys and all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections
from django.db.models import Field, Model, QuerySet
from django.db.models.sql import InsertQuery

Row = tuple[Any, ...]
Item = TypeVar("Item")

ROWS_PER_BATCH = 500
_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class TableSum:
    """How many rows, and a sum over them that no order changes: databases sort texts each in its
    own way."""

    rows: int
    digest: str


def ordered_models() -> list[type[Model]]:
    """Every table that migrations make, tables between two others included; a table comes behind
    those that its foreign keys lead to, as far as they do not lead in a circle."""
    wanted = apps.get_models(include_auto_created=True)
    ordered: dict[type[Model], None] = {}
    entered: set[type[Model]] = set()

    def visit(model: type[Model]) -> None:
        if model in entered:
            return
        entered.add(model)
        for field in model._meta.local_concrete_fields:
            if field.is_relation and field.related_model in wanted:
                visit(field.related_model)
        ordered[model] = None

    for model in wanted:
        if model._meta.managed and not model._meta.proxy:
            visit(model)
    return list(ordered)


def columns(model: type[Model]) -> list[Field[Any, Any]]:
    """Those that are written; a database computes the others itself."""
    return [field for field in model._meta.local_concrete_fields if not field.generated]


def rows(model: type[Model], using: str, batch: int = ROWS_PER_BATCH) -> Iterator[Row]:
    """Read in batches, in the order of the primary key."""
    names = [field.attname for field in columns(model)]
    every: QuerySet[Any, Any] = QuerySet(model=model, using=using)
    chosen = every.order_by("pk").values_list(*names)
    return iter(chosen.iterator(chunk_size=batch))


def insert(model: type[Model], using: str, wanted: Sequence[Row]) -> None:
    """Raises DatabaseError where the database does not take one of them."""
    fields = columns(model)
    names = [field.attname for field in fields]
    objects = [model.from_db(using, names, row) for row in wanted]
    size = connections[using].ops.bulk_batch_size(fields, objects)
    for some in _batched(objects, max(1, size)):
        query = InsertQuery(model)
        query.insert_values(fields, some, raw=True)
        query.get_compiler(using=using).execute_sql()


def copy(
    model: type[Model], *, source: str, target: str, on_rows: Callable[[int], None] | None = None
) -> None:
    """Into a table that is empty; `on_rows` is told of each batch how many rows it had."""
    for some in _batched(rows(model, source), ROWS_PER_BATCH):
        insert(model, target, some)
        if on_rows is not None:
            on_rows(len(some))


def empty(using: str) -> None:
    """Every table, also those that migrations fill. In a transaction, it can be taken back."""
    connection = connections[using]
    tables = [model._meta.db_table for model in ordered_models()]
    statements = connection.ops.sql_flush(
        no_style(), tables, reset_sequences=True, allow_cascade=True
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def reset_sequences(using: str) -> None:
    """So that the next number is higher than any that was copied."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), ordered_models()):
            cursor.execute(statement)


def sum_of(model: type[Model], using: str) -> TableSum:
    """The same for the same rows in SQLite and in PostgreSQL."""
    count = total = 0
    for row in rows(model, using):
        count += 1
        written = json.dumps([_plain(value) for value in row], sort_keys=True)
        digest = hashlib.sha256(written.encode("utf-8", "surrogatepass")).digest()
        total += int.from_bytes(digest)
    return TableSum(count, f"{total % _MODULUS:064x}")


def _batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    remaining = iter(items)
    while some := list(islice(remaining, size)):
        yield some


def _plain(value: Any) -> Any:
    """One way of writing for what databases give back in different ways."""
    match value:
        case None | bool() | str() | int():
            return value
        case float():  # jsonb keeps 1.0 and 1e22 as numbers without an exponent
            return int(value) if value.is_integer() else value
        case dict():
            return {str(key): _plain(one) for key, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case datetime():
            return value.astimezone(UTC).isoformat() if value.tzinfo else value.isoformat()
        case Decimal():
            return str(value.normalize())
    return str(value)
