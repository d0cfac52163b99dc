"""Figures of the installation, as rows and processes have them."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from django.utils import timezone
from kombu.connection import Connection
from redis import Redis

from ai.health import FailingModel
from backups.models import BackupRecord
from cassandre import figures
from cassandre.celery import app
from cassandre.schedule import NIGHTLY
from common.models import PeriodicRun

AT = datetime(2026, 3, 1, 3, 15, tzinfo=UTC)


@pytest.mark.django_db
def test_the_last_good_backup_counts_and_no_other():
    assert figures.last_backup() is None
    done, failed = BackupRecord.State.DONE, BackupRecord.State.FAILED
    later = timezone.now()
    for state, kind, finished_at in (
        (done, BackupRecord.Kind.BACKUP, AT),
        (failed, BackupRecord.Kind.BACKUP, later),
        (done, BackupRecord.Kind.RESTORE, later),
    ):
        BackupRecord.objects.create(state=state, kind=kind, finished_at=finished_at, target="x")
    assert figures.last_backup() == AT.timestamp()


@pytest.mark.django_db
def test_a_night_that_fails_keeps_the_time_of_the_last_good_one(django_assert_num_queries):
    PeriodicRun.objects.create(name="good", done_for=AT, finished_at=AT)
    PeriodicRun.objects.create(name="bad", done_for=AT, finished_at=AT, error_code="unavailable")
    PeriodicRun.objects.create(name="new", done_for=AT)
    with django_assert_num_queries(2):
        last, failed = figures.nights(), figures.failed_nights()
    assert last == {("good",): AT.timestamp(), ("bad",): AT.timestamp()}
    assert failed == {("good",): 0.0, ("bad",): 1.0, ("new",): 0.0}


@pytest.mark.django_db
def test_the_leak_check_has_passed_where_it_found_nothing():
    assert figures.LEAK_CHECK in NIGHTLY
    assert figures.leak_check() is None
    run = PeriodicRun.objects.create(name=figures.LEAK_CHECK, done_for=AT)
    assert figures.leak_check() is None, "it has not come to its end"
    for found, passed in ((0, 1.0), (2, 0.0)):
        run.finished_at, run.result = AT, {"found": found}
        run.save()
        assert figures.leak_check() == passed


def test_a_model_is_healthy_until_it_is_known_to_fail(settings, monkeypatch):
    settings.OPENAI_BASE_URL, settings.OPENAI_MODEL = "http://127.0.0.1:9/v1", "mock"
    settings.OPENAI_API_KEY = "sk"
    assert figures.models()["chat", "mock"] == 1.0
    broken = FailingModel("chat", "mock", "model-unavailable", "", AT)
    monkeypatch.setattr("ai.health._failing", (broken,))
    assert figures.models()["chat", "mock"] == 0.0


@pytest.mark.services
def test_what_waits_at_the_broker_is_counted_by_queue():
    if not os.environ.get("CHANNEL_REDIS"):
        pytest.skip("no Redis: make test-services starts one")
    url = os.environ["CHANNEL_REDIS"]
    with pytest.MonkeyPatch.context() as patch, Redis.from_url(url) as client:
        patch.setattr(app, "connection_for_read", lambda **_given: Connection(url))
        client.delete("short", "ingestion", "periodic")
        client.lpush("short", "a", "b")
        found = figures.waiting_messages()
        client.delete("short")
    assert found == {("short",): 2.0, ("ingestion",): 0.0, ("periodic",): 0.0}
