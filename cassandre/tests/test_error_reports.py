"""Sentry: which error, where in the code, in whose work; and nobody's words."""

from __future__ import annotations

import gzip
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import sentry_sdk
from django.test import Client

from cassandre.celery import app
from common import context, process, reports

SECRET = "zyzzyva"


@pytest.fixture
def sentry(settings):
    """A server that takes envelopes; the bytes of each."""
    received = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            received.append(body.decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SENTRY_DSN = f"http://key@127.0.0.1:{server.server_port}/1"
    settings.SENTRY_ENVIRONMENT = "tests"
    reports.start()
    yield received
    reports.stop()
    server.shutdown()
    server.server_close()


def events(received):
    sentry_sdk.flush(timeout=10)
    found = []
    for envelope in received:
        _header, *items = envelope.strip().split("\n")
        pairs = zip(items[::2], items[1::2], strict=True)
        found += [json.loads(body) for head, body in pairs if json.loads(head)["type"] == "event"]
    return found


@pytest.mark.django_db
def test_a_page_that_fails_is_reported_without_what_was_asked(sentry, bob, monkeypatch):
    def broken(*_args, **kwargs):
        question = f"{SECRET} of the caller"
        raise RuntimeError(f"no {question}") from KeyError(SECRET, kwargs)

    monkeypatch.setattr("chat.views.search.search", broken)
    browser = Client(raise_request_exception=False)
    browser.force_login(bob)
    browser.cookies["theme"] = SECRET
    address = f"/search/?q={SECRET}"
    assert browser.get(address, headers={"User-Agent": SECRET}).status_code == 500
    (event,) = events(sentry)
    types = [one["type"] for one in event["exception"]["values"]]
    assert types == ["KeyError", "RuntimeError"]
    frame = event["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert frame["function"] == "broken"
    assert "vars" not in frame
    assert event["user"] == {"id": str(bob.pk)}
    assert event["tags"]["request"]
    assert event["release"] == f"cassandre@{process.VERSION}"
    assert event["environment"] == "tests"
    assert SECRET not in "".join(sentry)
    assert bob.email not in "".join(sentry)


def test_a_logged_error_leaves_as_it_stands_in_the_code(sentry):
    logger = logging.getLogger("tests.reports")
    logger.info("before %s", SECRET)
    with context.carrying({"task": "t1"}):
        logger.error("it failed: %s", SECRET, extra={"question": SECRET})
    (event,) = events(sentry)
    assert event["logentry"] == {"message": "it failed: %s"}
    assert event["tags"]["task"] == "t1"
    assert SECRET not in "".join(sentry)


def test_a_failed_task_is_reported_once(sentry):
    @app.task(name="tests.reported")
    def task(word):
        raise ValueError(word)

    task.apply(args=(SECRET,))
    app.tasks.unregister("tests.reported")
    (event,) = events(sentry)
    assert event["exception"]["values"][-1]["type"] == "ValueError"
    assert SECRET not in "".join(sentry)


def test_what_is_asked_of_others_bears_no_header_of_sentry(sentry):
    installed = sentry_sdk.get_client().integrations
    assert set(installed) == {"atexit", "dedupe", "excepthook", "logging"}


def test_a_field_that_we_do_not_know_does_not_leave():
    event = {"event_id": "e", "request": {"data": SECRET}, "contexts": {"x": SECRET}}
    event |= {"breadcrumbs": [SECRET], "extra": {"q": SECRET}, "transaction": f"/{SECRET}"}
    event |= {"server_name": SECRET, "added_later": SECRET, "modules": {}}
    sent = reports.discreet(event, {})
    assert set(sent) == {"event_id", "tags"}


def test_without_a_dsn_nothing_is_begun(settings, monkeypatch):
    settings.SENTRY_DSN = ""
    monkeypatch.setattr(sentry_sdk, "init", lambda **_given: pytest.fail("begun"))
    reports.start()
