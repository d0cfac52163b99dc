"""What is done once a night: when, by whom, and how often."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from backoffice.nights import _LABELS
from cassandre import nightly
from cassandre.schedule import NIGHTLY
from common.errors import Unavailable
from common.models import PeriodicRun

pytestmark = pytest.mark.django_db

PARIS = ZoneInfo("Europe/Paris")
JOBS = ("one", "two")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=PARIS)


@pytest.fixture
def clock(monkeypatch, settings):
    settings.TIME_ZONE = "Europe/Paris"

    class Clock:
        now = at(10, 12)

    with timezone.override(PARIS):
        monkeypatch.setattr(nightly.timezone, "now", lambda: Clock.now)
        yield Clock


class Job:
    def __init__(self, *outcomes) -> None:
        self.outcomes = list(outcomes)
        self.done = 0

    def __call__(self):
        self.done += 1
        outcome = self.outcomes.pop(0) if self.outcomes else 0
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def due(clock) -> str | None:
    return nightly.next_due(JOBS, clock.now)


@pytest.mark.parametrize(
    ("now", "night"),
    [
        (at(10, 3, 14), at(9, 3, 15)),
        (at(10, 3, 15), at(10, 3, 15)),
        (at(10, 23), at(10, 3, 15)),
        # The clock goes from two to three: this night's is an hour sooner than a day after.
        (at(29, 12), at(29, 3, 15)),
    ],
)
def test_the_night_is_that_of_the_organisations_time_zone(clock, now, night):
    assert nightly.latest_night(now) == night


def test_a_new_installation_begins_with_its_first_night_and_a_restart_does_nothing_again(clock):
    assert due(clock) is None
    clock.now = at(11, 3, 16)
    assert due(clock) == "one"
    nightly.do("one", Job())
    assert due(clock) == "two"
    nightly.do("two", Job())
    assert due(clock) is None
    clock.now = at(11, 23)
    assert due(clock) is None


def test_a_night_slept_through_is_made_up_for_once(clock):
    due(clock)
    clock.now = at(14, 9)
    job = Job(7)
    nightly.do("one", job)
    nightly.do("one", job)
    assert job.done == 1
    row = PeriodicRun.objects.get(name="one")
    assert (row.result, row.error_code, row.finished_at) == ({"count": 7}, "", clock.now)


def test_two_who_do_it_at_the_same_time_do_it_once_and_one_job_at_a_time(clock):
    due(clock)
    clock.now = at(11, 4)
    second = Job()

    def first() -> None:
        nightly.do("one", second)
        assert due(clock) is None, "nothing else begins meanwhile"

    nightly.do("one", first)
    assert second.done == 0
    assert PeriodicRun.objects.get(name="one").error_code == ""


def test_what_fails_is_tried_again_an_hour_later_and_holds_nobody_up(clock, caplog):
    due(clock)
    clock.now = at(11, 4)
    nightly.do("one", Job(Unavailable()))
    assert "is tried again in an hour" in caplog.text
    assert PeriodicRun.objects.get(name="one").error_code == Unavailable.code
    assert due(clock) == "two"
    nightly.do("two", Job())
    assert due(clock) is None
    clock.now += timedelta(hours=1)
    assert due(clock) == "one"
    nightly.do("one", Job())
    assert PeriodicRun.objects.get(name="one").error_code == ""


def test_what_a_killed_process_was_doing_is_done_by_another(clock):
    due(clock)
    clock.now = at(11, 4)
    PeriodicRun.objects.filter(name="one").update(
        held_until=clock.now + nightly.HELD_FOR, not_before=clock.now + timedelta(hours=1)
    )
    assert due(clock) is None
    clock.now += timedelta(hours=1)
    assert due(clock) == "one"


def test_what_is_wanted_is_done_at_any_hour_and_at_night_all_the_same(clock):
    due(clock)
    nightly.want("two")
    assert due(clock) == "two"
    job = Job()
    nightly.do("two", job)
    assert due(clock) is None
    clock.now = at(11, 4)
    nightly.do("two", job)
    assert job.done == 2


def test_each_has_a_name_that_the_back_office_can_show():
    assert set(_LABELS) == set(NIGHTLY)


def test_what_is_kept_for_so_many_days_is_looked_through_each_night():
    assert {
        "chat.purge_turn_log",
        "chat.purge_conversations",
        "documents.purge_deleted_documents",
        "cassandre.clear_sessions",
    } <= set(NIGHTLY)
