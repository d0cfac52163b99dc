"""A PostgreSQL that restarts between two requests is not noticed by whoever asks next."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections

pytestmark = [
    pytest.mark.services,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not settings.DB_HOST, reason="needs PostgreSQL"),
]
AT_ONCE = 8


def fill_pool() -> list[int]:
    """Connections at rest, as after a busy minute: their server processes."""
    together = Barrier(AT_ONCE)

    def ask(_number: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            together.wait()
            found = cursor.fetchone()[0]
        connections.close_all()
        return found

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, range(AT_ONCE)))


def end_at_the_server(processes: list[int]) -> None:
    """By a connection of its own, and until they are gone: what a restart does to them."""
    where = connection.get_connection_params()
    only = ("host", "port", "dbname", "user", "password")
    with psycopg.connect(**{k: where[k] for k in only if k in where}, autocommit=True) as other:
        for process in processes:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [process])


def test_stale_connections_of_the_pool_are_replaced_before_anybody_gets_one(monkeypatch):
    connection.close()
    stale = fill_pool()
    assert len(set(stale)) == AT_ONCE
    end_at_the_server(stale)
    naps: list[float] = []
    monkeypatch.setattr("psycopg_pool.pool.sleep", naps.append)

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] not in stale
    # One by one, the eighth would have been found out after 1 + 2 + 4 + ... seconds.
    assert sum(naps) == 0


def test_a_connection_at_rest_is_given_out_without_a_question_to_the_server(monkeypatch):
    connection.close()
    fill_pool()
    asked: list[str] = []
    monkeypatch.setattr(psycopg.Connection, "execute", lambda _self, query: asked.append(query))
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert asked == []


def test_a_statement_that_never_ends_is_ended_by_the_server():
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("1min",)
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("15s",)
        cursor.execute("SET statement_timeout = '10ms'")
        with pytest.raises(OperationalError, match="statement timeout"):
            cursor.execute("SELECT pg_sleep(5)")
    connection.close()
