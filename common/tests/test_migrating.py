"""Migrating beside running processes: readers are never held up, and one process does it."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import OperationalError, connection

from common import migrating
from common.migrating import MigrationHeld, migrate_gently

pytestmark = pytest.mark.django_db(transaction=True)


def another_session(**options: Any) -> psycopg.Connection:
    where = connection.get_connection_params()
    only = ("host", "port", "dbname", "user", "password")
    return psycopg.connect(**{k: where[k] for k in only if k in where}, **options)


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return cursor.fetchone()[0]


def test_the_command_is_ours_whoever_calls_it():
    assert get_commands()["migrate"] == "cassandre"


def test_migrating_again_does_nothing(capsys):
    call_command("migrate", verbosity=0)
    assert capsys.readouterr().out == ""


@pytest.mark.services
@pytest.mark.skipif(not settings.DB_HOST, reason="needs PostgreSQL")
class TestPostgreSQL:
    def test_a_table_in_use_is_waited_for_in_short_tries(self, monkeypatch):
        monkeypatch.setattr(migrating, "LOCK_TIMEOUT_S", 0.05)
        said: list[str] = []
        tries: list[int] = []

        def alter() -> None:
            tries.append(1)
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE accounts_team ADD COLUMN tried integer")
                cursor.execute("ALTER TABLE accounts_team DROP COLUMN tried")

        with another_session(application_name="psql") as other:
            other.execute("SELECT 1 FROM accounts_team")

            def end_at_the_third(_seconds: float) -> None:
                if len(tries) == 3:
                    other.rollback()

            migrate_gently(alter, said.append, sleep=end_at_the_third)
        assert len(tries) == 4
        assert len(said) == 3
        assert "psql (process " in said[0]

    def test_what_stays_locked_is_said_with_its_holder(self, monkeypatch):
        monkeypatch.setattr(migrating, "LOCK_TIMEOUT_S", 0.05)
        monkeypatch.setattr(migrating, "TRIES", 2)

        def alter() -> None:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE accounts_team ADD COLUMN tried integer")

        with another_session(application_name="psql") as other:
            other.execute("SELECT 1 FROM accounts_team")
            with pytest.raises(MigrationHeld, match=r"after 2 tries.*psql \(process \d+"):
                migrate_gently(alter, lambda _line: None, sleep=lambda _seconds: None)

    def test_another_error_is_not_tried_again(self):
        tries: list[int] = []

        def fail() -> None:
            tries.append(1)
            raise OperationalError("disk full")

        with pytest.raises(OperationalError, match="disk full"):
            migrate_gently(fail, print)
        assert tries == [1]

    def test_the_session_has_its_ordinary_limits_again(self):
        before = setting("lock_timeout"), setting("statement_timeout")
        inside: list[str] = []
        migrate_gently(
            lambda: inside.extend([setting("lock_timeout"), setting("statement_timeout")]), print
        )
        assert inside == ["3s", "0"]
        assert (setting("lock_timeout"), setting("statement_timeout")) == before

    def test_only_one_process_migrates_at_a_time(self):
        order: list[str] = []
        began = Event()

        def second() -> None:
            def wait(_seconds: float) -> None:
                began.set()

            migrate_gently(lambda: order.append("second"), lambda _line: None, sleep=wait)
            connection.close()

        def first() -> None:
            thread.start()
            assert began.wait(10)
            order.append("first")

        thread = Thread(target=second)
        migrate_gently(first, print)
        thread.join(10)
        assert order == ["first", "second"]

    def test_a_process_that_never_ends_is_not_waited_for_for_ever(self):
        with another_session(autocommit=True) as other:
            other.execute("SELECT pg_advisory_lock(%s)", [migrating.MIGRATING])
            said: list[str] = []
            with pytest.raises(MigrationHeld, match="has not ended in 900 s"):
                migrate_gently(lambda: None, said.append, sleep=lambda _seconds: None)
        assert said == ["Another process migrates this database; waiting for it."]
