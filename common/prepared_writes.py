"""Updates and inserts that are compiled once: the other half of common.prepared.

Rows are written as they are: no signals, and a key that the database gives is not read back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import AutoField, Field, Model, QuerySet
from django.db.models.sql import UpdateQuery

from common.prepared import Bound


class PreparedUpdate:
    """Sets the fields named `values` of the rows that `build` chooses; both from the same row of
    values. `build` makes a queryset without joins from expressions, one per keyword."""

    def __init__(
        self,
        build: Callable[..., QuerySet[Any]],
        values: Iterable[str],
        **fields: Field[Any, Any],
    ) -> None:
        self._build, self._values, self._fields = build, tuple(values), fields
        self._compiled = threading.local()

    def one(self, **values: Any) -> int:
        """The number of rows that were changed."""
        connection = connections[DEFAULT_DB_ALIAS]
        sql, bound = self._statement(connection)
        with connection.cursor() as cursor:
            cursor.execute(sql, _params(bound, values, connection))
            changed: int = cursor.rowcount
        return changed

    def many(self, rows: Iterable[dict[str, Any]]) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        sql, bound = self._statement(connection)
        with connection.cursor() as cursor:
            cursor.executemany(sql, [_params(bound, values, connection) for values in rows])

    def _statement(self, connection: Any) -> tuple[str, Any]:
        known = self._compiled.__dict__
        if known.get("connection") is not connection:
            known.update(connection=connection, statement=self._compile(connection))
        statement: tuple[str, Any] = known["statement"]
        return statement

    def _compile(self, connection: Any) -> tuple[str, Any]:
        queryset = self._build(**{name: Bound(name, field) for name, field in self._fields.items()})
        query: Any = queryset.query.chain(UpdateQuery)
        field_of = queryset.model._meta.get_field
        query.add_update_values({name: Bound(name, field_of(name)) for name in self._values})
        statement: tuple[str, Any] = query.get_compiler(connection=connection).as_sql()
        return statement


def _params(bound: Iterable[Any], values: dict[str, Any], connection: Any) -> tuple[Any, ...]:
    return tuple(one.value(values, connection) if isinstance(one, Bound) else one for one in bound)


def insert(rows: Iterable[Model]) -> None:
    """Insert new rows in their order, each with the statement of its model."""
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        for row in rows:
            sql, fields = _insertion(type(row), connection.vendor)
            values = [
                field.get_db_prep_save(field.pre_save(row, add=True), connection)
                for field in fields
            ]
            cursor.execute(sql, values)
            row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


@cache
def _insertion(model: type[Model], _vendor: str) -> tuple[str, tuple[Field[Any, Any], ...]]:
    fields = tuple(
        field for field in model._meta.concrete_fields if not isinstance(field, AutoField)
    )
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join("%s" for _field in fields)
    table = quote(str(model._meta.db_table))
    return f"INSERT INTO {table} ({columns}) VALUES ({places})", fields  # noqa: S608 (no values)
