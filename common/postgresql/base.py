"""Django's backend for PostgreSQL with a pool that looks at a connection before it gives it out.

Django's own passes either no check or one question to the server for each use.
"""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db import connections
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


def check_connection(connection: psycopg.Connection[Any]) -> None:
    """Raises psycopg.Error where the server has closed the connection.

    A connection at rest has nothing to read: where there is something, it is mostly the server's
    farewell. So the ordinary case costs no question to the server. One that has gone without a
    word is noticed by TCP (`tcp_user_timeout`). After a restart all connections are stale at
    once, and the pool would try them one by one with growing pauses: so all are replaced.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if not poll.poll(0):
        return
    try:
        connection.execute("")
    except psycopg.Error:
        connections["default"].pool.drain()  # type: ignore[attr-defined]
        raise


class DatabaseWrapper(base.DatabaseWrapper):
    @property
    def pool(self) -> ConnectionPool | None:
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        # Undeclared in the types of Django.
        pools: dict[str, ConnectionPool] = self._connection_pools  # type: ignore[attr-defined]
        if self.alias not in pools:
            pool = ConnectionPool(
                kwargs={**self.get_connection_params(), "autocommit": True},
                open=False,
                configure=self._configure_connection,  # type: ignore[attr-defined]
                check=check_connection,
                **options,
            )
            # Threads that come first together make one each, and all use the one that is kept:
            # a pool that was not opened holds nothing.
            pools.setdefault(self.alias, pool)
        return pools[self.alias]
