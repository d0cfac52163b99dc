"""The page of backups and the overview's card: for who looks after the installation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.cast import make_organisation
from backups.models import BackupRecord

PAGE, OVERVIEW = "/admin/backups/", "/admin/"


def shown(client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


@pytest.fixture
def made(db):
    day = timezone.now() - timedelta(days=3)
    return BackupRecord.objects.create(
        name="20260101-030000",
        target="s3://vault/cassandre/",
        made_by="cron@vault-host",
        state="done",
        encrypted=True,
        rows=12_345,
        files=67,
        files_missing=1,
        bytes=3 * 2**20,
        started_at=day,
        finished_at=day,
    )


def test_what_was_made_is_listed_with_where_how_much_and_whether_it_was_verified(
    signed_in, alice, made
):
    client = signed_in(alice)
    page = shown(client, PAGE)
    for text in ("20260101-030000", "s3://vault/cassandre/", "cron@vault-host", "12,345 rows"):
        assert text in page
    for text in ("67 files", "3.0 MB written", "Encrypted", "Not verified", "1 file was not in"):
        assert text in page.replace("\xa0", " ")
    BackupRecord.objects.update(verified_at=timezone.now())
    assert "Verified on" in shown(client, PAGE)


def test_one_that_failed_says_why_and_a_dead_one_that_it_is(signed_in, alice, made):
    client = signed_in(alice)
    BackupRecord.objects.update(state="failed", error_code="backup-key-wrong")
    assert "does not open the backup" in shown(client, PAGE)
    hour_ago = timezone.now() - timedelta(hours=1)
    BackupRecord.objects.update(state="running", error_code="", heartbeat=hour_ago)
    assert "Interrupted" in shown(client, PAGE)


def test_the_overview_says_how_old_the_last_one_is(signed_in, alice, made):
    client = signed_in(alice)
    assert "3 days ago" in shown(client, OVERVIEW).replace("\xa0", " ")
    made.delete()
    assert "No backup was made yet" in shown(client, OVERVIEW)


def test_nobody_else_learns_of_them(signed_in, erin, handbook, bob, charlie, made):
    assert "Last backup" not in shown(signed_in(erin), OVERVIEW)
    for person in (erin, bob, charlie):
        response = signed_in(person).get(PAGE)
        assert response.status_code == 403
        assert "vault" not in response.content.decode()


def test_among_several_organisations_an_administrator_is_not_the_operator(
    signed_in, alice, dana, made
):
    make_organisation("Third")
    for person in (alice, dana):
        assert signed_in(person).get(PAGE).status_code == 403
        assert "Last backup" not in shown(signed_in(person), OVERVIEW)
