"""What stands in the way of a new release is said before it is let loose."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings as suite_settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from backups.models import BackupRecord
from cassandre.preflight import Pending, Report, migrations_look
from cassandre.preflight_machine import (
    backup_look,
    disk_look,
    index_look,
    processes_look,
)
from common.migration_effects import Effect
from documents.generations import live_generation
from documents.models import IndexGeneration

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db
BREAKS = Pending("chat", "0099_drop", [Effect("breaks", "Remove field a", "why")])


def preflight(*arguments: str) -> str:
    said = StringIO()
    call_command("preflight", *arguments, stdout=said)
    return said.getvalue()


def levels(look, report: Report | None = None) -> list[str]:
    return [finding.level for finding in look(report or Report())]


def back_up(*, days: int = 0) -> None:
    BackupRecord.objects.create(
        state=BackupRecord.State.DONE,
        name="nightly",
        target="/backup",
        finished_at=timezone.now() - timedelta(days=days),
    )


def test_an_installation_in_order_is_ready():
    live_generation()
    back_up()
    said = preflight("--strict")
    assert "Ready for" in said
    assert "warning " not in said
    assert "up to date" in said


def test_programs_get_the_same_as_json():
    live_generation()
    told = json.loads(preflight("--json"))
    assert told["ready"] is True
    assert told["pending"] == []
    areas = {finding["area"] for finding in told["findings"]}
    assert areas == {
        "settings", "services", "migrations", "processes", "disk", "index", "backup",
    }  # fmt: skip


def test_an_error_ends_with_1_and_a_warning_does_where_it_is_asked_for(settings):
    settings.RERANK_MODEL = "some"
    assert "cassandre.W007" in preflight()
    with pytest.raises(CommandError, match="0 errors, 1 warnings"):
        preflight("--strict")
    settings.WEBSOCKET_URL = "wss://elsewhere.example.org"
    with pytest.raises(CommandError, match="1 errors"):
        preflight()


def test_pending_migrations_are_listed_with_what_they_do():
    MigrationRecorder(connection).record_unapplied("documents", "0012_transfer")
    MigrationRecorder(connection).record_unapplied("documents", "0011_queue_turns")
    report = Report()
    findings = list(migrations_look(report))
    assert [each.name for each in report.pending] == ["0011_queue_turns", "0012_transfer"]
    assert "2 to apply" in findings[0].sentence
    index = next(each for each in findings if "Create index version_waiting" in each.sentence)
    assert index.level == "warning"


def test_a_database_of_a_newer_release_is_refused():
    MigrationRecorder(connection).record_applied("documents", "0999_from_the_future")
    (finding,) = migrations_look(Report())
    assert finding.level == "error"
    assert "documents.0999_from_the_future" in finding.sentence


def test_a_history_with_a_hole_is_refused():
    MigrationRecorder(connection).record_unapplied("documents", "0001_initial")
    (finding,) = migrations_look(Report())
    assert finding.level == "error"


def test_a_database_that_is_away_is_said_once_and_nothing_more_asked_of_it(monkeypatch):
    def away() -> None:
        raise OperationalError("no")

    monkeypatch.setattr(connection, "check_database_version_supported", away)
    said = StringIO()
    with pytest.raises(CommandError, match="1 errors"):
        call_command("preflight", stdout=said)
    assert said.getvalue().count("does not answer") == 1
    assert "migrations" not in said.getvalue()


def test_a_running_cassandre_is_told_and_must_end_where_a_migration_would_break_it(
    settings, tmp_path
):
    settings.CASSANDRE_DATA = tmp_path
    settings.EMBEDDED_WORKER = True
    with (tmp_path / "run.lock").open("w") as lock:
        lock.write("4711")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert levels(processes_look) == ["warning"]
        (finding,) = processes_look(Report(pending=[BREAKS]))
    assert finding.level == "error"
    assert "process 4711" in finding.sentence
    assert "chat.0099_drop" in finding.sentence
    assert levels(processes_look) == ["ok"]  # it has ended, the file is left


@pytest.mark.services
@pytest.mark.skipif(not suite_settings.DB_HOST, reason="needs PostgreSQL")
def test_a_release_before_that_is_still_connected_is_told(settings, tmp_path):
    import psycopg

    settings.CASSANDRE_DATA = tmp_path
    where = connection.get_connection_params()
    only = ("host", "port", "dbname", "user", "password")
    with psycopg.connect(
        **{k: where[k] for k in only if k in where}, application_name="cassandre 0.3.0"
    ):
        (finding,) = processes_look(Report())
    assert finding.sentence.startswith("cassandre 0.3.0 is connected")


def test_a_full_disk_is_an_error_and_little_room_for_the_index_a_warning(monkeypatch):
    live_generation()

    def free(mebi: int) -> None:
        monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=mebi << 20))

    free(100)
    assert levels(disk_look) == ["error"]
    free(5000)
    assert levels(disk_look) == ["ok"]
    monkeypatch.setattr("cassandre.preflight_machine.index_bytes", lambda _pk: 2000 << 20)
    assert levels(disk_look) == ["warning"]


def test_an_index_that_this_release_cannot_read_is_an_error():
    assert levels(index_look) == ["ok"]
    live = live_generation()
    assert levels(index_look) == ["ok"]
    IndexGeneration.objects.create(chunk_size=1, chunk_overlap=0, analyser=live.analyser)
    assert levels(index_look) == ["warning"]
    IndexGeneration.objects.filter(pk=live.pk).update(analyser={"words": 1})
    assert levels(index_look) == ["error"]


def test_the_age_of_the_last_backup_is_told():
    assert levels(backup_look) == ["ok"]
    assert levels(backup_look, Report(pending=[BREAKS])) == ["warning"]
    back_up(days=3)
    (finding,) = backup_look(Report())
    assert (finding.level, finding.sentence) == ("warning", "The last backup is 3 days old.")
    back_up()
    assert levels(backup_look) == ["ok"]


def test_settings_that_are_refused_are_said_in_a_sentence(tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "cassandre.prod_settings",
        "CASSANDRE_DATA": str(tmp_path),
        "SECRET_KEY": "short",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "preflight"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("SECRET_KEY: set a secret")
    assert "Traceback" not in done.stderr
