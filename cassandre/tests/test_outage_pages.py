"""While a service is away people get our page or our sentence, soon, and nothing dies of it."""

from __future__ import annotations

import asyncio
import json
import threading
from types import SimpleNamespace

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError
from django.test import Client
from django.urls import get_resolver
from redis.exceptions import ConnectionError as RedisConnectionError

from cassandre.outage_pages import SilenceGate, server_error
from chat.views import search as search_views
from common import health, outage, reachable
from common.errors import Unavailable
from common.outage import outage_behind

AWAY = OperationalError("connection refused: secret.example")
JSON = {"Accept": "application/json"}


def failing(error):
    def fail(*_args, **_options):
        raise error

    return fail


@pytest.fixture
def reader(bob):
    client = Client(raise_request_exception=False)
    client.force_login(bob)
    return client


def assert_says_so(response, component="SQLite"):
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "10"
    page = response.content.decode()
    assert f"{component} does not answer at the moment" in page
    assert "secret.example" not in page
    assert "Traceback" not in page


def test_what_fails_around_a_view_ends_on_the_page_of_last_resort():
    assert get_resolver().resolve_error_handler(500) is server_error


@pytest.fixture
def display_name(monkeypatch):
    """The name of the database, the same in both ways that the suite runs."""
    monkeypatch.setattr(outage, "connection", SimpleNamespace(display_name="SQLite"))


@pytest.mark.usefixtures("display_name")
def test_a_view_whose_database_is_away_is_a_page_of_ours(reader, monkeypatch):
    monkeypatch.setattr(search_views, "recent_searches", failing(AWAY))
    assert_says_so(reader.get("/search/"))


@pytest.mark.usefixtures("display_name")
def test_a_session_that_cannot_be_read_is_a_page_of_ours_and_json_where_asked(reader, monkeypatch):
    monkeypatch.setattr(SessionStore, "_get_session_from_db", failing(AWAY))
    assert_says_so(reader.get("/search/"))
    assert_says_so(reader.get("/admin/"))
    said = reader.get("/status/", headers=JSON)
    assert (said.status_code, said.json()["code"]) == (503, "unavailable")
    assert said.headers["Retry-After"] == "10"


def test_a_fault_of_ours_stays_a_500(reader, monkeypatch):
    monkeypatch.setattr(search_views, "recent_searches", failing(ZeroDivisionError()))
    assert reader.get("/search/").status_code == 500


@pytest.mark.parametrize(
    ("error", "component"),
    [
        (RedisConnectionError("refused"), "Redis"),
        (Unavailable(component="S3"), "S3"),
        (ValueError("no"), None),
        (ConnectionResetError(), None),
    ],
)
def test_only_the_absence_of_a_service_is_one(error, component):
    found = outage_behind(error)
    assert (found.params["component"] if found else None) == component


# --- a database that says nothing -------------------------------------------------------------


@pytest.fixture
def silence(monkeypatch, settings):
    """Call it, and somebody has waited for the database for too long."""
    settings.DB_HOST = "db"
    monkeypatch.setattr(reachable, "_owing", {})

    def fall_silent():
        reachable._owing["database"] = -1e9

    return fall_silent


class Visit:
    """One request at the gate, and what came back."""

    def __init__(self, inner, path="/search/", **headers):
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "path": path, "headers": encoded}
        self.sent = []
        self.task = asyncio.create_task(SilenceGate(inner)(scope, None, self.send))

    async def send(self, message):
        self.sent.append(message)

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def body(self):
        return self.sent[1]["body"].decode()


async def hang(_scope, _receive, _send):
    await asyncio.Event().wait()


async def answer(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


def test_who_fails_to_look_owes_an_answer_until_a_look_succeeds(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(reachable, "_owing", {})
    monkeypatch.setattr(reachable, "_clock", lambda: now[0])

    def look(error=None):
        with reachable.looking("database"):
            if error is not None:
                raise error

    with pytest.raises(OperationalError):
        look(AWAY)
    assert not reachable.is_silent("database")
    now[0] += reachable.SILENT_S
    assert reachable.is_silent("database")
    with pytest.raises(OperationalError):
        look(AWAY)
    assert reachable.is_silent("database")
    look()
    assert not reachable.is_silent("database")
    with pytest.raises(ZeroDivisionError):
        look(ZeroDivisionError())
    now[0] += reachable.SILENT_S
    assert not reachable.is_silent("database")


async def test_who_waits_for_a_silent_database_is_told_and_who_comes_is_not_let_in(silence):
    visit = Visit(hang, **{"accept-language": "en"})
    await asyncio.sleep(0)
    assert not visit.sent
    silence()
    await visit.task
    assert visit.status == 503
    assert (b"Retry-After", b"10") in visit.sent[0]["headers"]
    assert "does not answer at the moment" in visit.body
    late = Visit(answer, **{"accept-language": "fr", "accept": "application/json"})
    await late.task
    assert json.loads(late.body)["code"] == "unavailable"
    assert "ne répond pas" in json.loads(late.body)["sentence"]


async def test_what_the_refused_request_says_later_goes_nowhere(silence):
    gate = asyncio.Event()

    async def late(scope, receive, send):
        await gate.wait()
        await answer(scope, receive, send)
        raise ZeroDivisionError

    visit = Visit(late)
    await asyncio.sleep(0)
    silence()
    await visit.task
    gate.set()
    await asyncio.sleep(0.01)
    assert [message["type"] for message in visit.sent] == [
        "http.response.start",
        "http.response.body",
    ]
    assert visit.status == 503


async def test_probes_and_files_of_the_theme_pass_and_everybody_when_it_speaks_again(silence):
    silence()
    for path in ("/healthz", "/readyz", "/static/theme/styles.css"):
        visit = Visit(answer, path)
        await visit.task
        assert visit.status == 200
    reachable._owing.clear()
    visit = Visit(answer)
    await visit.task
    assert (visit.status, visit.body) == (200, "here")


async def test_what_has_begun_to_be_sent_is_not_broken_off(silence):
    gate = asyncio.Event()

    async def slow(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        silence()
        await gate.wait()
        await send({"type": "http.response.body", "body": b"whole"})

    visit = Visit(slow)
    await asyncio.sleep(reachable.LOOK_S * 2)
    gate.set()
    await visit.task
    assert (visit.status, visit.body) == (200, "whole")


# --- probes -----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_what_only_limits_a_process_is_named_and_does_not_take_it_out(client, monkeypatch):
    monkeypatch.setitem(health._checks, "files", failing(ConnectionRefusedError()))
    monkeypatch.setitem(health._checks, "sockets", failing(ConnectionRefusedError()))
    response = client.get("/readyz")
    assert (response.status_code, response.json()["failing"]) == (200, ["files", "sockets"])
    monkeypatch.setitem(health._checks, "database", failing(AWAY))
    assert client.get("/readyz").status_code == 503


@pytest.mark.django_db(transaction=True)
def test_a_component_that_hangs_is_looked_at_once_however_many_probes_ask(client, monkeypatch):
    gate, looks = threading.Event(), []

    def look():
        looks.append(1)
        return str(gate.wait(10))

    monkeypatch.setattr(health, "CHECK_TIMEOUT_S", 0.05)
    monkeypatch.setitem(health._checks, "files", look)
    for _probe in range(4):
        assert client.get("/readyz").json()["components"]["files"] == "TimeoutError"
    assert looks == [1]
    gate.set()


def test_a_living_process_asks_no_service_not_even_who_it_is(reader, monkeypatch):
    monkeypatch.setattr(health, "_checks", {"database": failing(AWAY)})
    monkeypatch.setattr(SessionStore, "_get_session_from_db", failing(AWAY))
    assert reader.get("/healthz").status_code == 200
    assert reader.get("/readyz").json()["failing"] == ["database"]
