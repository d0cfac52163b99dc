"""Maintenance: every door obeys, all processes follow, whoever works on it gets in."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.tests.cast import PASSWORD
from backoffice.tests.conftest import signed_in
from backoffice.tests.doors import build_house, doors_of
from backoffice.tests.test_doors import NAMES, everything
from cassandre.celery import GOES_ON, app
from cassandre.quiet import under_way, wait_until_quiet
from cassandre.schedule import SCHEDULE
from chat.tests.test_pages_chat import answered
from chat.tests.test_pages_leaks import DOORS, OWN_PAGES, address, fields, knock
from common import maintenance
from common.maintenance import CLOSED, READ_ONLY
from common.models import MaintenanceNotice
from documents import queueing
from documents.models import DocumentVersion
from documents.tests.builders import make_document, make_version, ready_document

__all__ = ["signed_in"]

SWITCH = {"maintenance", "maintenance_end"}
MESSAGE = "We move to a new server."
JSON = {"Accept": "application/json"}


@pytest.fixture
def house(organisation, handbook):
    return build_house(organisation, handbook)


@pytest.fixture
def document(handbook):
    return ready_document(handbook, title="Leave", pages=["25 days."])


@pytest.fixture
def conversation(bob, document):
    return answered(bob, document).conversation


def test_read_only_no_door_of_the_back_office_changes_anything(house, alice, signed_in):
    client = signed_in(alice)
    doors = doors_of(house)
    maintenance.begin(READ_ONLY)
    before = everything()
    for name in sorted(set(NAMES) - SWITCH):
        response = doors[name].knock(name, client)
        if doors[name].post is None:
            assert response.status_code == 200, name
        else:
            assert response.status_code == 503, name
            assert response.headers["Retry-After"] == "60"
            assert b"Cassandre is being maintained" in response.content
    assert everything() == before


def test_read_only_readers_read_on_and_change_nothing(bob, document, conversation, signed_in):
    client = signed_in(bob)
    maintenance.begin(READ_ONLY)
    before = everything()
    for door in DOORS:
        url = address(door, document, conversation)
        # Of a file nobody reads to its end here.
        page = client.head(url) if door == "documents:file" else client.get(url)
        assert page.status_code in (200, 405), door
        assert client.post(url, fields(conversation)).status_code in (405, 503), door
        if page.status_code == 405:
            assert knock(client, url, conversation).status_code == 503, door
    assert everything() == before


def test_closed_nobody_reads_but_who_looks_after_the_installation(
    alice, bob, document, conversation, signed_in
):
    maintenance.begin(CLOSED, message=MESSAGE, until=timezone.now() + timedelta(minutes=30))
    reader, operator = signed_in(bob), signed_in(alice)
    for door in DOORS:
        url = address(door, document, conversation)
        for client in (reader, Client()):
            response = client.get(url)
            assert response.status_code == 503, door
            assert 0 < int(response.headers["Retry-After"]) <= 1800
            assert MESSAGE in response.content.decode()
            assert b"25 days" not in response.content
        assert reader.get(url, headers=JSON).json()["code"] == "maintenance-closed"
        if door in OWN_PAGES:
            assert operator.get(url).status_code == 200, door


def test_closed_the_back_office_is_closed_to_curators_too(house, erin, signed_in):
    client = signed_in(erin)
    doors = doors_of(house)
    maintenance.begin(CLOSED)
    before = everything()
    for name in NAMES:
        expected = 403 if name in SWITCH else 503
        assert doors[name].knock(name, client).status_code == expected, name
    assert everything() == before


def test_closed_an_operator_signs_in_and_probes_are_answered(alice, organisation):
    maintenance.begin(CLOSED)
    client = Client()
    assert client.get("/healthz").status_code == 200
    assert client.get(reverse("account_login")).status_code == 200
    form = {"login": alice.email, "password": PASSWORD}
    assert client.post(reverse("account_login"), form).status_code == 302
    assert client.get("/search/").status_code == 200


def test_one_organisations_administrator_is_no_operator_of_several(
    alice, other_organisation, signed_in
):
    maintenance.begin(CLOSED)
    assert signed_in(alice).get("/search/").status_code == 503


def test_announced_it_closes_nothing_until_its_time(bob, signed_in):
    client = signed_in(bob)
    maintenance.begin(CLOSED, starts_at=timezone.now() + timedelta(hours=1))
    assert client.get("/search/").status_code == 200
    maintenance.begin(CLOSED, starts_at=timezone.now() - timedelta(seconds=1))
    assert client.get("/search/").status_code == 503
    maintenance.end()
    assert client.get("/search/").status_code == 200


def test_every_process_follows_within_two_seconds_and_asks_once_meanwhile(
    db, monkeypatch, django_assert_num_queries
):
    now = [1000.0]
    monkeypatch.setattr(maintenance.time, "monotonic", lambda: now[0])
    maintenance.look_again()
    with django_assert_num_queries(1):
        assert [maintenance.is_on() for _ask in range(5)] == [False] * 5
    # What another process does: without telling this one.
    MaintenanceNotice.objects.create(level=READ_ONLY, starts_at=timezone.now())
    assert not maintenance.is_on()
    now[0] += maintenance.LOOK_S
    assert maintenance.is_on()


def test_without_a_database_what_was_known_holds(db, monkeypatch):
    def away():
        raise DatabaseError("gone")

    maintenance.begin(READ_ONLY)
    assert maintenance.is_on()
    monkeypatch.setattr(maintenance, "_stored", away)
    maintenance.look_again()
    assert maintenance.is_on()
    maintenance._known.state = None
    maintenance.look_again()
    assert not maintenance.is_on()


def test_held_for_a_while_it_gives_back_what_stood_before(db):
    with maintenance.held(CLOSED, message="restoring"):
        assert maintenance.is_on()
    assert maintenance.current() is None
    planned = maintenance.begin(READ_ONLY, starts_at=timezone.now() + timedelta(hours=1))
    with pytest.raises(RuntimeError), maintenance.held(CLOSED):
        raise RuntimeError
    assert maintenance.current() == planned


def test_waiting_files_wait_and_those_under_way_go_back_to_the_queue(handbook):
    make_version(make_document(handbook, "Plan"), DocumentVersion.State.QUEUED)
    assert queueing.someone_waits()
    maintenance.begin(READ_ONLY)
    assert not queueing.someone_waits()


class Again(Exception):
    """The task was put off."""


def run(name: str, monkeypatch) -> bool:
    """As a worker runs it; whether its body was reached."""
    reached = []
    task = app.tasks[name]
    monkeypatch.setattr(task, "run", lambda *_args: reached.append(1))
    monkeypatch.setattr(task, "retry", lambda **_how: Again())
    task.push_request(called_directly=False)
    try:
        task("00000000-0000-4000-8000-000000000000")
    finally:
        task.pop_request()
    return bool(reached)


@pytest.mark.parametrize("name", sorted(app.tasks))
def test_no_task_works_but_what_would_be_lost_waits(name, db, monkeypatch):
    if name.startswith("celery."):
        return
    periodic = {entry["task"] for entry in SCHEDULE.values()}
    assert run(name, monkeypatch)
    maintenance.begin(READ_ONLY)
    if name in GOES_ON:
        assert run(name, monkeypatch)
    elif name in periodic or app.tasks[name].expires:
        assert not run(name, monkeypatch)
    else:
        with pytest.raises(Again):
            run(name, monkeypatch)
    maintenance.end()
    assert run(name, monkeypatch)


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("maintenance", *arguments, stdout=out)
    return out.getvalue()


def test_it_is_switched_at_the_terminal(db):
    assert command("status") == "off\n"
    assert command(
        "on", "--closed", "--message", MESSAGE, "--until", "2999-01-01T12:00"
    ).startswith("closed since ")
    assert MESSAGE in command("status")
    assert maintenance.current().is_closed
    assert command("off") == "over\n"
    assert command("off") == "there was none\n"
    assert command("on", "--from", "2999-01-01T12:00").startswith("read-only from 2999-01-01 12:00")
    assert not maintenance.is_on()


@pytest.mark.parametrize("moment", ["noon", "25:00", "2026-02-30T10:00"])
def test_what_is_no_moment_is_refused(moment, db):
    with pytest.raises(CommandError, match="no moment"):
        command("on", "--until", moment)
    with pytest.raises(CommandError, match="behind the beginning"):
        command("on", "--until", "2001-01-01T12:00")
    assert maintenance.current() is None


def test_who_waits_for_quiet_is_told_what_is_still_under_way(handbook):
    version = make_version(make_document(handbook, "Plan"), DocumentVersion.State.RUNNING)
    assert wait_until_quiet(0) == ["files: 1"]

    def finish(_seconds):
        DocumentVersion.objects.filter(pk=version.pk).update(state=DocumentVersion.State.READY)

    assert wait_until_quiet(60, sleep=finish) == []
    assert under_way() == []
