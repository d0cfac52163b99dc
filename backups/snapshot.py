"""The database as it was at one moment, while others go on writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections, transaction

SNAPSHOT = "snapshot"


@contextmanager
def snapshot() -> Iterator[str]:
    """A connection of its own, whose alias is given. SQLite: a read transaction on the WAL, which
    hinders no writer. PostgreSQL: REPEATABLE READ."""
    own = connection.copy(SNAPSHOT)
    options = own.settings_dict["OPTIONS"] = dict(own.settings_dict["OPTIONS"])
    options.pop("pool", None)
    own.settings_dict["CONN_MAX_AGE"] = 0
    if own.vendor == "sqlite":
        # The IMMEDIATE of every other connection would keep all writers waiting.
        options["transaction_mode"] = "DEFERRED"
    connections[SNAPSHOT] = own
    try:
        with transaction.atomic(using=SNAPSHOT):
            with own.cursor() as cursor:
                if own.vendor == "postgresql":
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    # It is idle while files are copied, and long where tables are.
                    cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                    cursor.execute("SET LOCAL statement_timeout = 0")
                # Both take the snapshot at the first read.
                cursor.execute("SELECT COUNT(*) FROM django_migrations")
            yield SNAPSHOT
    finally:
        own.close()
        del connections[SNAPSHOT]
