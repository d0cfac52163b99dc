"""The forms of log lines: what they write of an exception, and for whom."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from cassandre.tests.telling import caught
from common import context, process
from common.errors import InvalidInput, Unavailable
from common.logs import JsonFormatter, LineFormatter, described

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("zyzzyva"), "ValueError"),
        (OperationalError("connection refused"), "OperationalError: connection refused"),
        (ConnectionRefusedError(111, "refused"), "ConnectionRefusedError: [Errno 111] refused"),
        (FileNotFoundError(2, "No such file", "zyzzyva.pdf"), "FileNotFoundError: No such file"),
        (ImproperlyConfigured("X=1"), "ImproperlyConfigured: X=1"),
        (InvalidInput(field="name", reason="zyzzyva", cause="zyzzyva"), "invalid-input"),
        (Unavailable(component="S3", cause="503"), "unavailable {'component': 'S3'}: 503"),
    ],
)
def test_an_exception_says_what_is_of_machines_and_not_what_may_be_of_people(error, said):
    assert described(error) == said


def record_of(message: str, *args: object, error: BaseException | None = None):
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("room", logging.ERROR, "file.py", 1, message, args, info)


def test_at_debug_level_messages_are_written_too():
    error = ValueError("zyzzyva")
    with caught(logging.DEBUG):
        line = json.loads(JsonFormatter().format(record_of("it: %s", error)))
        assert line["message"] == "it: zyzzyva"
        assert "zyzzyva" in LineFormatter().format(record_of("it", error=error))


def test_a_chain_of_exceptions_is_told_from_the_last_to_the_first():
    try:
        try:
            raise KeyError("zyzzyva")
        except KeyError as cause:
            raise RuntimeError("quokka") from cause
    except RuntimeError as error:
        line = json.loads(JsonFormatter().format(record_of("it", error=error)))
    assert line["exception"].index("RuntimeError") < line["exception"].index("KeyError")
    assert "zyzzyva" not in line["exception"].replace('raise KeyError("zyzzyva")', "")


def test_a_line_for_a_terminal_has_the_ids_and_the_fields():
    record = record_of("request")
    record.fields = {"status": 200}
    with context.carrying({"request": "r1"}):
        text = LineFormatter().format(record)
    assert text.endswith("ERROR room [request=r1] request status=200")


def test_every_library_writes_in_our_form():
    """uvicorn's own configuration is off, Celery's is ours, and Django's handlers are gone."""
    from cassandre.serve import _configuration

    assert _configuration("127.0.0.1", 1).log_config is None
    named = [logging.getLogger(name) for name in ("django", "django.server", "celery", "allauth")]
    assert [logger.name for logger in named if logger.handlers or not logger.propagate] == []


def test_the_form_follows_from_whether_there_are_several_processes(boot):
    services = {
        "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
        "CHANNEL_REDIS": "redis://127.0.0.1:1/1",
        "DB_HOST": "127.0.0.1",
        "QDRANT_URL": "http://127.0.0.1:1",
        "SHARED_FILES": "true",
    }
    assert (boot()["LOG_FORMAT"], boot()["ACCESS_LOG"]) == ("line", False)
    assert (boot(**services)["LOG_FORMAT"], boot(**services)["ACCESS_LOG"]) == ("json", True)
    assert boot(LOG_FORMAT="json")["LOGGING"]["handlers"]["stderr"]["formatter"] == "json"
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT"):
        boot(LOG_FORMAT="xml")


def test_the_version_is_that_of_the_project():
    assert f'version = "{process.VERSION}"' in (ROOT / "pyproject.toml").read_text()
