"""Migrations beside running processes: one process at a time, and none that everybody waits for.

An ALTER TABLE that waits for its lock has every reader of the table wait behind it. So PostgreSQL
is told to give up soon, and it is tried again: the readers go on in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection

Say = Callable[[str], object]

# Any number that nobody else takes; "cassandr" in ASCII.
MIGRATING = 0x63617373616E6472
LOCK_TIMEOUT_S = 3
PAUSE_S = 2
TRIES = 30
# How long another process that migrates is waited for.
PATIENCE_S = 900
LOOK_S = 1
# PostgreSQL's own codes: lock_not_available, deadlock_detected.
HELD = frozenset({"55P03", "40P01"})


class MigrationHeld(Exception):
    """A sentence for the person who migrates: what they wait for, and who holds it."""


def migrate_gently(
    migrate: Callable[[], object], say: Say, *, sleep: Callable[[float], object] = time.sleep
) -> None:
    """Calls `migrate` until it has what it needs. Each migration is a transaction of its own, so
    that what is done stays done. Raises MigrationHeld."""
    if connection.vendor != "postgresql":
        migrate()
        return
    with _alone(say, sleep), _limits():
        for left in reversed(range(TRIES)):
            try:
                migrate()
                return
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) not in HELD:
                    raise
                holders = _holders()
                if not left:
                    raise MigrationHeld(
                        f"A table stays locked, after {TRIES} tries. Open transactions: {holders}. "
                        "Nothing is half done; end them, and migrate again."
                    ) from error
            say(f"A table is in use; trying again. Open transactions: {holders}")
            sleep(PAUSE_S)


@contextmanager
def _alone(say: Say, sleep: Callable[[float], object]) -> Iterator[None]:
    """The lock is the session's: it is free again however this process ends."""
    looks = 0
    while not _value("SELECT pg_try_advisory_lock(%s)", [MIGRATING]):
        if looks == 0:
            say("Another process migrates this database; waiting for it.")
        if looks * LOOK_S >= PATIENCE_S:
            raise MigrationHeld(
                f"Another process migrates this database, and has not ended in {PATIENCE_S} s."
            )
        looks += 1
        sleep(LOOK_S)
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            _value("SELECT pg_advisory_unlock(%s)", [MIGRATING])


@contextmanager
def _limits() -> Iterator[None]:
    """For this session alone: the next user of the pooled connection has the ordinary ones."""
    limits = {
        "lock_timeout": f"{LOCK_TIMEOUT_S}s",
        # Moving rows may take long, and holds nobody up by itself.
        "statement_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
    }
    with connection.cursor() as cursor:
        for name, value in limits.items():
            cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                for name in limits:
                    cursor.execute(f"RESET {name}")


def _value(query: str, parameters: list[int]) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchone()[0]


def _holders() -> str:
    """The three oldest: whoever holds a lock is among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, coalesce(nullif(application_name, ''), usename),"
            " extract(epoch FROM now() - xact_start)::int"
            " FROM pg_stat_activity WHERE datname = current_database()"
            " AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
            " ORDER BY xact_start LIMIT 3"
        )
        found = cursor.fetchall()
    return ", ".join(f"{name} (process {pid}, {age} s)" for pid, name, age in found) or "none"
