"""Querysets that are compiled once in a process and asked often.

Compiling a queryset takes Django 10 to 40 times as long as SQLite or PostgreSQL take to answer it
by a primary key (0.3 to 1.8 ms against 0.03), and a question asks a dozen of them:

    _BY_KEY = Prepared(lambda key: Book.objects.filter(key=key), key=UUIDField())
    books = _BY_KEY.all(key=some_uuid)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, Field, QuerySet

T = TypeVar("T")
KNOWN_ROWS = 20_000


class Bound(Expression):
    """Stands for a value that is known when the query runs."""

    def __init__(self, name: str, field: Field[Any, Any], place: int | None = None) -> None:
        super().__init__(output_field=field)
        self.name, self.place = name, place

    # The value takes its place before the query runs.
    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]

    def value(self, values: dict[str, Any], connection: Any) -> Any:
        given = values[self.name]
        if self.place is not None:
            given = given[min(self.place, len(given) - 1)]
        return self.output_field.get_db_prep_value(given, connection)


class Prepared(Generic[T]):
    """`build` makes the queryset from expressions, one per keyword and, where the keyword's field
    stands in a list, a list of them. It must take them as they are: no truth, no attribute.

    Lists may have any length but 0: they are compiled in lengths of powers of two. Values are
    never None, which SQL compares otherwise. Without prefetch_related().
    """

    def __init__(
        self, build: Callable[..., QuerySet[Any, T]], **fields: Field[Any, Any] | list[Any]
    ) -> None:
        self._build = build
        self._fields = fields
        self._compiled: dict[str, _Compiled] = {}
        # A compiler belongs to a connection, and that to a thread: those of requests are many, and
        # live for one request each.
        self._own = threading.local()

    def all(self, **values: Any) -> list[T]:
        queryset, _compiler = self._with(values)
        return list(queryset.all())  # a copy, without the rows of the last time

    def remembered(self, known: dict[tuple[Any, ...], T], **values: Any) -> list[T]:
        """The same of a model's own columns, but a row that stands in `known` as the database
        gives it is that object again, so that nobody may change it. Of a thousand rows that seldom
        change, making them takes longer than finding them. The rows of this time stay known."""
        queryset, compiler = self._with(values)
        rows = [row for chunk in compiler.execute_sql() for row in chunk]
        missing = [row for row in rows if row not in known]
        columns = [one[0].target.attname for one in compiler.select]
        made = compiler.results_iter(results=[missing])
        fresh = {
            row: queryset.model.from_db(queryset.db, columns, read)
            for row, read in zip(missing, made, strict=True)
        }
        found = [known.get(row) or fresh[row] for row in rows]
        if missing:
            if len(known) > KNOWN_ROWS:
                known.clear()
            known.update(fresh)
        return found

    def _with(self, values: dict[str, Any]) -> tuple[QuerySet[Any, T], Any]:
        compiled = self._for_lengths(values)
        compiler = compiled.compiler
        params = tuple(
            one.value(values, compiler.connection) if isinstance(one, Bound) else one
            for one in compiled.params
        )
        compiler.as_sql = lambda: (compiled.sql, params)
        return compiled.queryset, compiler

    def first(self, **values: Any) -> T | None:
        """Of the rows in the queryset's own order; it should limit itself to one."""
        return next(iter(self.all(**values)), None)

    def _for_lengths(self, values: dict[str, Any]) -> _Compiled:
        lengths = tuple(
            _rounded(len(values[name]))
            for name, field in self._fields.items()
            if isinstance(field, list)
        )
        own, key = self._own.__dict__, str(lengths)
        connection = connections[DEFAULT_DB_ALIAS]
        if key not in own or own[key].compiler.connection is not connection:
            if key not in self._compiled:
                self._compiled[key] = self._compile(values)
            own[key] = self._compiled[key].on(connection)
        mine: _Compiled = own[key]
        return mine

    def _compile(self, values: dict[str, Any]) -> _Compiled:
        queryset = self._build(
            **{name: _expressions(name, field, values) for name, field in self._fields.items()}
        )
        compiler = queryset.query.get_compiler(connection=connections[DEFAULT_DB_ALIAS])
        sql, params = compiler.as_sql()
        converters = compiler.get_converters([one[0] for one in compiler.select])
        compiler.get_converters = lambda _expressions: converters
        return _Compiled(queryset, compiler, sql, params)


@dataclass(frozen=True, slots=True)
class _Compiled:
    queryset: QuerySet[Any, Any]
    compiler: Any
    sql: str
    params: tuple[Any, ...]

    def on(self, connection: Any) -> _Compiled:
        compiler = copy(self.compiler)
        compiler.connection = connection
        queryset = self.queryset.all()
        queryset.query.get_compiler = lambda *_args, **_kwargs: compiler  # type: ignore[method-assign]
        return replace(self, queryset=queryset, compiler=compiler)


def _expressions(
    name: str, field: Field[Any, Any] | list[Any], values: dict[str, Sequence[Any]]
) -> Bound | list[Bound]:
    if isinstance(field, list):
        (of_each,) = field
        return [Bound(name, of_each, place) for place in range(_rounded(len(values[name])))]
    return Bound(name, field)


def _rounded(length: int) -> int:
    """The next power of two: what is beyond the list repeats its last value."""
    return 1 << max(0, length - 1).bit_length()
