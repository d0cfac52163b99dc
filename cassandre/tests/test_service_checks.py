"""Services that are away, too old or of another installation are told before an upgrade is."""

from __future__ import annotations

import pytest
from django.core import checks
from django.core.files.storage import default_storage
from django.db import connection
from django.db.utils import NotSupportedError, OperationalError
from qdrant_client import QdrantClient

from cassandre.service_checks import check_broker, check_database
from chat.checks import check_redis
from common import service_checks
from common.errors import Unavailable
from documents.adapters import qdrant_state
from documents.adapters.qdrant_server import QdrantServerIndex
from documents.checks import check_files, check_index
from documents.generations import live_generation

pytestmark = pytest.mark.django_db
AWAY = "redis://:hush@127.0.0.1:1/0"


def ids(found: list[checks.CheckMessage]) -> list[str | None]:
    return [each.id for each in found]


def test_the_services_of_the_suite_are_in_order(organisation):
    live_generation()
    assert service_checks.run() == []


def test_a_store_that_takes_no_file_is_told(monkeypatch):
    def refuse(*_args: object) -> str:
        raise Unavailable(component="S3", cause="AccessDenied")

    monkeypatch.setattr(type(default_storage._wrapped), "_save", refuse)
    (message,) = check_files()
    assert message.id == "documents.E001"
    assert message.hint


def test_the_probe_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr("documents.checks.secrets.token_hex", lambda _bytes: "probe")
    assert check_files() == []
    assert not default_storage.exists("preflight/probe")


def test_a_redis_that_is_away_is_told_without_its_password(settings):
    settings.CHANNEL_REDIS = AWAY
    (message,) = check_redis()
    assert message.id == "chat.E001"
    assert "hush" not in message.msg


@pytest.mark.parametrize(
    ("info", "code"),
    [
        ({"redis_version": "5.0.14"}, ["chat.E002"]),
        ({"redis_version": "7.2.5", "maxmemory": 0, "maxmemory_policy": "allkeys-lru"}, []),
        (
            {"redis_version": "7.2.5", "maxmemory": 9, "maxmemory_policy": "allkeys-lru"},
            ["chat.W001"],
        ),
        ({"redis_version": "7.2.5", "maxmemory": 9, "maxmemory_policy": "noeviction"}, []),
    ],
)
def test_a_redis_that_forgets_or_is_old_is_told(settings, monkeypatch, info, code):
    settings.CHANNEL_REDIS = AWAY
    monkeypatch.setattr("redis.Redis.info", lambda _self: info)
    assert ids(check_redis()) == code


def test_a_broker_that_is_away_is_told_without_its_password(settings, monkeypatch):
    settings.EMBEDDED_WORKER = False
    settings.CELERY_BROKER_URL = "redis://:hush@127.0.0.1:1/1"

    def away() -> None:
        raise OSError("refused")

    monkeypatch.setattr("cassandre.celery.app.connection_for_write", away)
    (message,) = check_broker()
    assert message.id == "cassandre.E012"
    assert "hush" not in message.msg


def test_a_broker_without_a_worker_is_told(settings, monkeypatch):
    settings.EMBEDDED_WORKER = False
    settings.CELERY_BROKER_URL = "memory://localhost/"
    monkeypatch.setattr("cassandre.celery.app.control.ping", lambda timeout: [])
    assert ids(check_broker()) == ["cassandre.W010"]
    monkeypatch.setattr("cassandre.celery.app.control.ping", lambda timeout: [{"a": "pong"}])
    assert check_broker() == []


def test_a_database_that_is_away_or_too_old_is_told(monkeypatch):
    def old() -> None:
        raise NotSupportedError("PostgreSQL 14 or later is required (found 12.4).")

    def away() -> None:
        raise OperationalError("no")

    monkeypatch.setattr(connection, "check_database_version_supported", old)
    assert ids(check_database()) == ["cassandre.E011"]
    monkeypatch.setattr(connection, "ensure_connection", away)
    assert ids(check_database()) == ["cassandre.E010"]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (qdrant_state.ServerState("1.19.0", 0), []),
        (qdrant_state.ServerState("1.20.1", None), []),
        (qdrant_state.ServerState("1.18.2", 0), ["documents.E002"]),
        (qdrant_state.ServerState("1.19.0", 384), ["documents.E003"]),
    ],
)
def test_an_index_of_another_making_is_told(settings, monkeypatch, state, code):
    settings.QDRANT_URL = "http://qdrant.example.org:6333"
    live = live_generation()
    asked = []

    def ask(url: str, key: str, collection: str) -> qdrant_state.ServerState:
        asked.append(collection)
        return state

    monkeypatch.setattr(qdrant_state, "ask_server", ask)
    assert ids(check_index()) == code
    assert asked == [f"cassandre_{live.pk.hex}_chunks"]


def test_a_qdrant_that_is_away_is_told(settings):
    settings.QDRANT_URL = "http://127.0.0.1:1"
    assert ids(check_index()) == ["documents.E002"]


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant")
@pytest.mark.parametrize("dimensions", [0, 8])
def test_the_length_of_stored_vectors_is_found(dimensions):
    client = QdrantClient(":memory:")
    assert qdrant_state._dimensions(client, "cassandre_chunks") is None
    index = QdrantServerIndex(client, prefix="cassandre", dimensions=dimensions)
    list(index.stored_chunks())
    assert qdrant_state._dimensions(client, "cassandre_chunks") == dimensions
