"""What the back office tells of the jobs that are done each night, and to whom."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.nights import BACKUP, LEAKS
from common.models import PeriodicRun

pytestmark = pytest.mark.django_db

FAULT = {"kind": "search", "what": "user 1 finds in corpora 2", "mended": False}


def done(name: str, result: dict, **fields: object) -> None:
    now = timezone.now()
    PeriodicRun.objects.create(
        name=name, done_for=now, started_at=now, **{"finished_at": now, "result": result} | fields
    )


def clean() -> dict:
    return {"people": 2, "searches": 12, "points": 4, "faults": [], "found": 0}


def shown(client, person, page: str) -> str:
    client.force_login(person)
    answer = client.get(reverse(f"backoffice:{page}"))
    return " ".join(answer.content.decode().split()) if answer.status_code == 200 else ""


def test_who_looks_after_the_installation_sees_what_was_done(client, alice):
    done(LEAKS, clean())
    done("chat.purge_turn_log", {"count": 3})
    done("chat.purge_conversations", {}, finished_at=None)
    page = shown(client, alice, "maintenance")
    assert "Nothing found, in 12 searches" in page
    assert "3 removed" in page
    assert "Waits for the first night" in page
    assert "Found last night" not in shown(client, alice, "overview")


def test_what_was_found_is_told_on_the_first_page(client, alice):
    done(LEAKS, clean() | {"found": 1, "faults": [FAULT]})
    for page in ("overview", "maintenance"):
        assert "1 fault found" in shown(client, alice, page)
        assert "search: user 1 finds in corpora 2" in shown(client, alice, page)


def test_a_look_that_failed_is_no_good_news(client, alice):
    done(LEAKS, clean(), error_code="unavailable")
    page = shown(client, alice, "overview")
    assert "Found last night" in page
    assert "Nothing found" not in page


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ({"days": 9, "has_backup": True, "overdue": True}, "9 days old"),
        ({"days": 9, "has_backup": False, "overdue": True}, "No backup was made yet"),
    ],
)
def test_a_backup_that_is_too_old_is_told_of(client, alice, result, said):
    done(BACKUP, result)
    assert said in shown(client, alice, "overview")


def test_nobody_else_is_told_of_it(client, erin, bob, charlie, dana, alice, handbook):
    """dana runs another organisation: then neither of the two looks after the installation."""
    done(LEAKS, clean() | {"found": 1, "faults": [FAULT]})
    for person in (erin, bob, charlie, dana, alice):
        for page in ("overview", "maintenance"):
            assert "user 1 finds" not in shown(client, person, page), (person, page)
    alice.is_superuser = True
    alice.save()
    assert "user 1 finds" in shown(client, alice, "overview")
