"""PostgreSQL's limits are for pages; a restore or a check of a large database takes longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_LIMITS = ("statement_timeout", "idle_in_transaction_session_timeout")


@contextmanager
def unlimited() -> Iterator[None]:
    """For this session alone, and not inside a transaction that may be aborted: the next user of
    the pooled connection has the ordinary ones."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        for name in _LIMITS:
            cursor.execute("SELECT set_config(%s, '0', false)", [name])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                for name in _LIMITS:
                    cursor.execute(f"RESET {name}")
