"""The list of documents narrowed down, followed live, and taken along as CSV."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.durations import duration_text, rough_text
from documents.models import Document, DocumentVersion, Source
from documents.tests.builders import (
    failed_document,
    make_document,
    make_version,
    ready_document,
)
from documents.under_way import FEWEST_FOR_A_PACE, time_left

State = DocumentVersion.State
LIST = reverse("backoffice:documents")
ROWS = {"HX-Request": "true", "HX-Target": "board-rows"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def client(erin, signed_in):
    return signed_in(erin)


def titles(response):
    return sorted(row["document"].title for row in response.context["rows"])


@pytest.fixture
def shelf(handbook, erin, bob):
    """Three documents that differ in who brought them, from where, and in their format."""
    source = Source.objects.create(
        corpus=handbook, kind=Source.Kind.FOLDER, address="/srv/rules", state=Source.State.IDLE
    )
    ready_document(handbook, title="Ants", pages=["a", "b"])
    ready_document(handbook, title="Bees", pages=["a"], media_type="text/html")
    ready_document(handbook, title="Cats", pages=["a"])
    Document.objects.filter(title="Ants").update(created_by=erin, folder="Rules/2026")
    Document.objects.filter(title="Bees").update(created_by=bob, folder="Rules")
    Document.objects.filter(title="Cats").update(created_by=bob, folder="Rulesets", source=source)
    return source


def test_the_list_is_narrowed_down_by_person_source_folder_and_format(shelf, client, erin, bob):
    def shown(**query):
        return titles(client.get(LIST, query))

    assert shown(person=str(erin.pk)) == ["Ants"]
    assert shown(source=str(shelf.pk)) == ["Cats"]
    assert shown(folder="Rules") == ["Ants", "Bees"]  # with those below it, and no other
    assert shown(folder="Rules/2026") == ["Ants"]
    assert shown(type="html") == ["Bees"]
    assert shown(person=str(bob.pk), folder="Rules") == ["Bees"]
    assert shown(person="nonsense", source="nonsense", type="nonsense") == ["Ants", "Bees", "Cats"]


def test_what_is_there_is_offered_with_the_choice_made(shelf, client, bob):
    fields = client.get(LIST, {"person": str(bob.pk)}).context["narrowing"]["fields"]
    offered = {field["name"]: [label for _value, label in field["options"]] for field in fields}
    assert offered == {
        "person": ["Bob", "Erin"],
        "type": ["HTML", "PDF"],
        "folder": ["Rules", "Rules/2026", "Rulesets"],
        "source": ["/srv/rules"],
    }
    assert [field["name"] for field in fields if field["chosen"]] == ["person"]


def test_totals_follow_the_filter(shelf, client, handbook):
    make_version(make_document(handbook, "Dogs"), State.QUEUED)
    running = make_document(handbook, "Eels")
    make_version(running, State.RUNNING)
    assert client.get(LIST).context["totals"] == ["4 pages", "1 waiting", "1 in progress"]
    assert client.get(LIST, {"folder": "Rules"}).context["totals"] == ["3 pages"]


def test_the_time_left_is_told_only_where_there_is_a_pace_to_go_by(handbook, erin):
    now = timezone.now()
    make_version(make_document(handbook, "Waiting"), State.QUEUED)
    DocumentVersion.objects.update(created_at=now - timedelta(seconds=100))
    ready_document(handbook, title="Earlier").versions.update(
        finished_at=now - timedelta(seconds=200)  # there was nothing to do after it
    )
    for number in range(FEWEST_FOR_A_PACE):
        document = ready_document(handbook, title=f"Note {number}")
        document.versions.update(finished_at=now - timedelta(seconds=50))
        if number == FEWEST_FOR_A_PACE - 2:
            assert time_left(erin, 30) is None
    left = time_left(erin, 30)
    assert left is not None
    assert timedelta(seconds=299) < left < timedelta(seconds=400)
    assert time_left(erin, 0) is None
    handbook.paused_at = now
    handbook.save()
    assert time_left(erin, 30) is None


@pytest.mark.parametrize(
    ("seconds", "exact", "rough"),
    [
        (0.2, "1 s", "less than a minute"),
        (59, "59 s", "less than a minute"),
        (119, "119 s", "some 2 min"),
        (600, "10 min", "some 10 min"),
        (3 * 3600, "3 h", "some 3 h"),
        (5 * 86_400, "5 d", "some 5 d"),
    ],
)
def test_times_are_as_short_as_a_cell(seconds, exact, rough):
    assert duration_text(timedelta(seconds=seconds)) == exact
    assert rough_text(timedelta(seconds=seconds)) == rough


def test_the_rows_ask_again_while_one_of_them_is_under_way(handbook, client):
    ready_document(handbook, title="Ants")
    assert "every " not in client.get(LIST, headers=ROWS).content.decode()
    version = make_version(
        make_document(handbook, "Bees"), State.RUNNING, step="extract", progress_done=28
    )
    DocumentVersion.objects.filter(pk=version.pk).update(progress_total=80)
    page = client.get(LIST, headers=ROWS).content.decode()
    assert page.strip().startswith("<tbody")
    assert "every 2s" in page
    assert "Extraction, page 28 of 80" in page
    assert reverse("backoffice:version_cancel", args=[version.pk]) in page


def test_following_many_rows_costs_few_queries(handbook, client):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(LIST, {"size": "500"}, headers=ROWS).status_code == 200
        return len(captured)

    def fill(number):
        for _ in range(number):
            make_version(make_document(handbook, "Plan"), State.QUEUED)

    fill(3)
    few = queries()
    fill(60)
    assert queries() <= few <= 8
    assert "every 4s" in client.get(LIST, {"size": "500"}, headers=ROWS).content.decode()


def test_a_page_is_as_long_as_is_offered_and_asked_for(handbook, client):
    for number in range(30):
        ready_document(handbook, title=f"Note {number:02}", pages=["x"])
    assert len(client.get(LIST, {"size": "100"}).context["rows"]) == 30
    assert len(client.get(LIST, {"size": "7"}).context["rows"]) == 25


def test_the_list_is_sorted_by_the_time_that_the_work_took(handbook, client):
    now = timezone.now()
    for title, seconds in (("Slow", 90), ("Quick", 2)):
        document = ready_document(handbook, title=title)
        begun = now - timedelta(seconds=seconds)
        document.versions.update(created_at=begun, started_at=begun, finished_at=now)
    rows = client.get(LIST, {"sort": "-time"}).context["rows"]
    assert [(row["document"].title, row["time"]["text"]) for row in rows] == [
        ("Slow", "90 s"),
        ("Quick", "2 s"),
    ]


def test_many_files_under_way_are_cancelled_and_the_rest_is_left(handbook, client):
    waiting = make_version(make_document(handbook, "Plan"), State.QUEUED)
    running = make_version(make_document(handbook, "Draft"), State.RUNNING)
    failed = failed_document(handbook)
    ids = [str(waiting.document_id), str(running.document_id), str(failed.pk)]
    url = reverse("backoffice:documents_cancel")
    answer = client.post(url, {"document": ids}, headers=JSON).json()
    assert answer["text"] == "2 files are cancelled."
    assert set(DocumentVersion.objects.values_list("state", flat=True)) == {"cancelled", "failed"}
    again = client.post(url, {"document": ids}, headers=JSON).json()
    assert again["text"] == "None of them is under way."


def test_the_file_holds_every_column_as_filtered_and_no_formula(shelf, client, handbook):
    letter = ready_document(handbook, title="Letter")
    note = ready_document(handbook, title="Note", pages=["a", "b"])
    Document.objects.filter(pk=note.pk).update(parent=letter, folder="=cmd()", created_by=None)
    note.versions.update(
        remarks=[{"code": "pages-not-read", "params": {"pages": "2"}}],
        created_at=timezone.now() - timedelta(seconds=9),
        started_at=timezone.now() - timedelta(seconds=5),
        attempts=2,
    )
    response = client.get(reverse("backoffice:documents_export"), {"q": "Note"})
    (row,) = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")))
    assert row["Attached to"] == "Letter"
    assert row["Folder"] == "'=cmd()"
    assert row["Remarks"] == "Pages that hold images only were not read: 2."
    assert (row["Pages"], row["Format"], row["Attempts"]) == ("2", "PDF", "2")
    assert float(row["Seconds"]) >= 4
    narrowed = client.get(reverse("backoffice:documents_export"), {"folder": "Rules"})
    assert narrowed.content.count(b"\r\n") == 3
