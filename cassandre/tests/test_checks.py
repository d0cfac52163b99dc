"""Settings that contradict each other are told in a sentence with a hint, and nothing else is."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from cassandre.checks import CONFIGURATION
from cassandre.readiness import NotReady, _report_checks
from common import service_checks

ROOT = Path(__file__).resolve().parents[2]
ID = re.compile(r"id=\"(\w+\.[EW]\d{3})\"")


def told() -> list[checks.CheckMessage]:
    return checks.run_checks(tags=[CONFIGURATION])


@pytest.fixture
def production(settings):
    """As behind nginx, whatever services the suite runs on."""
    settings.ALLOWED_HOSTS = ["cassandre.example.org", "127.0.0.1"]
    settings.SECURE_SSL_REDIRECT = True
    settings.CSRF_TRUSTED_ORIGINS = ["https://intranet.example.org"]
    settings.WEBSOCKET_URL = "wss://cassandre.example.org"
    return settings


def test_there_is_no_false_alarm_in_the_default(settings):
    assert told() == []


def test_there_is_none_in_production_either(production):
    assert told() == []


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"ALLOWED_HOSTS": ["*"]}, "cassandre.W001", "every host name"),
        ({"SECURE_SSL_REDIRECT": False}, "cassandre.W002", "cassandre.example.org"),
        ({"CSRF_TRUSTED_ORIGINS": ["http://a.org"]}, "cassandre.W003", "http://a.org"),
        ({"WEBSOCKET_URL": "ws://cassandre.example.org"}, "cassandre.E001", "without TLS"),
        ({"WEBSOCKET_URL": "wss://ws.example.org"}, "cassandre.E002", "ALLOWED_HOSTS"),
        ({"MODEL_MAX_SECONDS": 45}, "cassandre.W004", "MODEL_FIRST_TOKEN_TIMEOUT_S=60"),
        ({"MODEL_MAX_WAIT_S": 400}, "cassandre.W004", "MODEL_MAX_WAIT_S=400"),
        (
            {"EMBEDDED_WORKER": False, "INGESTION_TIMEOUT_S": 30_000},
            "cassandre.E003",
            "INGESTION_TIMEOUT_S=30000",
        ),
        ({"QUESTIONS_PER_MINUTE": 3}, "cassandre.W006", "CONCURRENT_ANSWERS=4"),
        ({"RERANK_MODEL": "some"}, "cassandre.W007", "RERANK_URL"),
        ({"PARADIGM_API_KEY": "key"}, "cassandre.W007", "PARADIGM_HOST"),
        ({"SOURCES_S3_ENDPOINT": "https://s3"}, "cassandre.W007", "SOURCES_S3_BUCKETS"),
    ],
)
def test_a_contradiction_is_told(production, given, code, words):
    for name, value in given.items():
        setattr(production, name, value)
    (message,) = told()
    assert message.id == code
    assert words in message.msg
    assert message.hint


def test_a_pool_that_files_would_wait_in_is_told(production, monkeypatch):
    production.EMBEDDED_WORKER = True
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {"pool": {"max_size": 3}})
    (message,) = told()
    assert message.id == "cassandre.W005"


def test_a_store_without_a_key_is_told(production):
    production.MINIO_URL = "https://files.example.org"
    store = {"BACKEND": "x", "OPTIONS": {"access_key": "", "secret_key": ""}}
    production.STORAGES = {**production.STORAGES, "default": store}
    (message,) = told()
    assert message.id == "cassandre.E004"


def test_a_start_is_refused_by_an_error_and_says_a_warning(production):
    said: list[str] = []
    production.RERANK_MODEL = "some"
    _report_checks(said.append, tags=[CONFIGURATION])
    (line,) = said
    assert line.startswith("cassandre.W007: RERANK_MODEL is set")
    production.WEBSOCKET_URL = "ws://cassandre.example.org"
    with pytest.raises(NotReady, match=r"^WEBSOCKET_URL=.*wss://$"):
        _report_checks(said.append, tags=[CONFIGURATION])


@pytest.mark.django_db
def test_only_the_tag_asks_services(monkeypatch):
    asked: list[str] = []

    def away(**_options: object) -> list[checks.CheckMessage]:
        asked.append("asked")
        return [checks.Error("It is away.", id="tests.E001")]

    monkeypatch.setattr(service_checks, "_offered", [away])
    call_command("check", stdout=StringIO())
    call_command("check", deploy=True, stdout=StringIO(), stderr=StringIO())
    checks.run_checks(databases=["default"])
    assert asked == []
    with pytest.raises(SystemCheckError, match="It is away"):
        call_command("check", tags=["services"])
    assert asked == ["asked"]
    call_command("check", stdout=StringIO())
    assert asked == ["asked"]


def test_each_service_has_its_check():
    assert {check.__name__ for check in service_checks._offered} == {
        "check_database", "check_broker", "check_files", "check_index", "check_redis",
    }  # fmt: skip


def test_every_check_has_its_row_in_the_documentation():
    ids = {
        code
        for name in (
            "cassandre/checks.py",
            "cassandre/service_checks.py",
            "documents/checks.py",
            "chat/checks.py",
        )
        for code in ID.findall((ROOT / name).read_text())
    }
    page = (ROOT / "docs" / "upgrading.md").read_text()
    rows = set(re.findall(r"^\| `(\w+\.[EW]\d{3})` \|", page, re.MULTILINE))
    assert rows == ids
