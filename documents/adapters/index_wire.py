"""The embedded index, for the process beside the one that holds it.

One process alone may open an Edge index (documents/adapters/index_lock.py), and each of its calls
holds that process's interpreter. Whoever answers people therefore asks the worker, over socket
pairs that both have from the worker's birth: a request is one call of the port, the reply its
value or its error, pickled (both are this program).
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID

from common.context import carried, carrying
from common.errors import CassandreError, Unavailable, known_errors
from documents.ports import (
    IndexHit,
    IndexPoint,
    IndexQuery,
    PassageIndex,
    Standing,
    StoredPoint,
)

logger = logging.getLogger(__name__)

# A worker that starts opens the index first; what is asked meanwhile waits.
WAIT_S = 30.0
_COMPONENT = "Qdrant Edge"

Open = Callable[[UUID, int], PassageIndex]


@dataclass(frozen=True, slots=True)
class _Failure:
    code: str
    params: dict[str, str | int | float]
    cause: str


def serve_index(connection: Connection, open_index: Open) -> None:
    """Answer one request after the other until the other side is gone."""
    while True:
        try:
            generation, dimensions, name, arguments, whose = connection.recv()
        except (EOFError, OSError):
            return
        try:
            with carrying(whose):
                value = getattr(open_index(generation, dimensions), name)(*arguments)
                reply = list(value) if isinstance(value, Iterator) else value
        except CassandreError as error:
            reply = _Failure(error.code, error.params, error.cause)
        except Exception as error:
            logger.exception("the index failed at %s", name)
            reply = _Failure(Unavailable.code, {"component": _COMPONENT}, repr(error))
        try:
            connection.send(reply)
        except OSError:
            return


class IndexLine:
    """The connections to the worker that lives now. Each carries one request at a time."""

    def __init__(self) -> None:
        self._idle: queue.LifoQueue[Connection] = queue.LifoQueue()
        self._current: frozenset[Connection] = frozenset()

    def connect(self, connections: Iterable[Connection]) -> None:
        """To a worker that was started, in the place of one that ended."""
        self._current = frozenset(connections)
        for connection in self._current:
            self._idle.put(connection)

    def call(self, *request: object) -> Any:
        """Raises Unavailable where no worker answers, and what the index raised there."""
        with self._connection() as connection:
            try:
                connection.send(request)
                reply = connection.recv()
            except (EOFError, OSError) as error:
                connection.close()
                raise Unavailable(component=_COMPONENT, cause=repr(error)) from error
        if isinstance(reply, _Failure):
            raise known_errors()[reply.code](cause=reply.cause, **reply.params)
        return reply

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        connection = self._next()
        try:
            yield connection
        finally:
            if not connection.closed:
                self._idle.put(connection)

    def _next(self) -> Connection:
        while True:
            try:
                connection = self._idle.get(timeout=WAIT_S)
            except queue.Empty as error:
                raise Unavailable(component=_COMPONENT, cause="no worker") from error
            if connection in self._current:
                return connection
            connection.close()  # of a worker that has ended


class RemoteIndex:
    """A generation's index as the worker has it."""

    def __init__(self, line: IndexLine, generation: UUID, dimensions: int) -> None:
        self._line = line
        self._names = (generation, dimensions)

    def _call(self, name: str, *arguments: object) -> Any:
        return self._line.call(*self._names, name, arguments, carried())

    def search_chunks(self, query: IndexQuery) -> list[IndexHit]:
        return list(self._call("search_chunks", query))

    def search_chunks_dense(self, query: IndexQuery) -> list[IndexHit]:
        return list(self._call("search_chunks_dense", query))

    def search_files(self, query: IndexQuery) -> list[IndexHit]:
        return list(self._call("search_files", query))

    def count_chunks(self, version: UUID) -> int:
        return int(self._call("count_chunks", version))

    def stored_chunks(self, corpus: UUID | None = None) -> Iterator[StoredPoint]:
        return iter(self._call("stored_chunks", corpus))

    def stored_files(self, corpus: UUID | None = None) -> Iterator[StoredPoint]:
        return iter(self._call("stored_files", corpus))

    def write_chunks(self, points: Sequence[IndexPoint]) -> None:
        self._call("write_chunks", points)

    def write_file(self, point: IndexPoint) -> None:
        self._call("write_file", point)

    def set_standing(self, version: UUID, standing: Standing) -> None:
        self._call("set_standing", version, standing)

    def delete_version(self, version: UUID) -> None:
        self._call("delete_version", version)

    def delete_points(self, ids: Sequence[UUID]) -> None:
        self._call("delete_points", ids)

    def close(self) -> None:
        """The worker closes it, with its own end."""
