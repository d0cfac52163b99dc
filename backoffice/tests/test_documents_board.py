from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from documents.models import Document, DocumentVersion
from documents.tests.builders import (
    failed_document,
    make_corpus,
    make_document,
    make_version,
    ready_document,
)

State = DocumentVersion.State
LIST = reverse("backoffice:documents")


def titles(response):
    return [row["document"].title for row in response.context["rows"]]


def counts(response):
    return {str(tab["label"]): tab["count"] for tab in response.context["tabs"]}


@pytest.fixture
def shelf(handbook, organisation):
    """One document in every state."""
    ready_document(handbook, title="Online", pages=["a", "b", "c"])
    failed_document(handbook, title="Broken", code="file-no-text")
    running = make_document(handbook, "Running")
    make_version(running, State.RUNNING, step="extract", progress_done=28, progress_total=80)
    make_version(make_document(handbook, "Waiting"), State.QUEUED)
    make_version(make_document(handbook, "Stopped"), State.CANCELLED)
    gone = ready_document(handbook, title="Gone")
    Document.objects.filter(pk=gone.pk).update(deleted_at=gone.created_at)
    return handbook


@pytest.fixture
def client(erin, signed_in):
    return signed_in(erin)


def test_the_list_holds_all_that_is_not_deleted_and_says_how_it_is(shelf, client):
    response = client.get(LIST)
    assert sorted(titles(response)) == ["Broken", "Online", "Running", "Stopped", "Waiting"]
    assert counts(response) == {
        "All": 5,
        "Online": 1,
        "In progress": 2,
        "Failed": 1,
        "Cancelled": 1,
        "Deleted": 1,
    }
    page = response.content.decode()
    assert "No readable text" in page
    assert "Extraction, page 28 of 80" in page


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("online", ["Online"]),
        ("working", ["Running", "Waiting"]),
        ("failed", ["Broken"]),
        ("cancelled", ["Stopped"]),
        ("deleted", ["Gone"]),
        ("nonsense", ["Broken", "Online", "Running", "Stopped", "Waiting"]),
    ],
)
def test_the_list_is_filtered_by_state(shelf, client, state, expected):
    assert sorted(titles(client.get(LIST, {"state": state}))) == expected


def test_a_document_whose_new_file_failed_is_failed_but_still_read(handbook, client):
    document = ready_document(handbook, title="Guide")
    make_version(document, State.FAILED, error_code="file-corrupt")
    response = client.get(LIST)
    (row,) = response.context["rows"]
    assert (row["state"], row["has_live"]) == ("failed", True)
    assert "earlier version online" in response.content.decode()


def test_a_cancelled_new_file_leaves_a_document_online(handbook, client):
    document = ready_document(handbook, title="Guide")
    make_version(document, State.CANCELLED)
    (row,) = client.get(LIST).context["rows"]
    assert row["state"] == "online"


def test_titles_and_file_names_are_searched(shelf, client):
    make_version(make_document(shelf, "Sick leave", source_path="hr-2026-17.pdf"), State.QUEUED)
    assert titles(client.get(LIST, {"q": "SICK"})) == ["Sick leave"]
    assert titles(client.get(LIST, {"q": "2026-17"})) == ["Sick leave"]
    assert titles(client.get(LIST, {"q": "nowhere"})) == []


def test_the_list_is_filtered_by_corpus(shelf, alice, organisation, signed_in):
    other = make_corpus(organisation, "Payroll")
    ready_document(other, title="Payslip")
    client = signed_in(alice)
    assert titles(client.get(LIST, {"corpus": str(other.pk)})) == ["Payslip"]
    assert len(titles(client.get(LIST, {"corpus": "nonsense"}))) == 6
    tab = client.get(reverse("backoffice:corpus_documents", args=[other.pk]))
    assert titles(tab) == ["Payslip"]


def test_the_list_is_sorted_both_ways_by_what_is_offered(handbook, client):
    for title, pages in (("Bees", 3), ("Ants", 1), ("Cats", 2)):
        ready_document(handbook, title=title, pages=["x"] * pages)
    assert titles(client.get(LIST)) == ["Cats", "Ants", "Bees"]
    assert titles(client.get(LIST, {"sort": "title"})) == ["Ants", "Bees", "Cats"]
    assert titles(client.get(LIST, {"sort": "-title"})) == ["Cats", "Bees", "Ants"]
    assert titles(client.get(LIST, {"sort": "-pages"})) == ["Bees", "Cats", "Ants"]
    assert titles(client.get(LIST, {"sort": "password"})) == ["Cats", "Ants", "Bees"]
    assert 'aria-sort="descending"' in client.get(LIST, {"sort": "-pages"}).content.decode()


def test_the_list_is_paged_and_keeps_its_filter(handbook, client):
    for number in range(30):
        ready_document(handbook, title=f"Note {number:02}", pages=["x"])
    first = client.get(LIST, {"sort": "title", "q": "Note"})
    assert titles(first)[-1] == "Note 24"
    assert "sort=title&amp;q=Note&amp;page=2" in first.content.decode()
    second = client.get(LIST, {"sort": "title", "q": "Note", "page": "2"})
    assert titles(second) == [f"Note {number}" for number in range(25, 30)]
    assert titles(client.get(LIST, {"sort": "title", "page": "999"})) == titles(second)


def test_a_script_gets_the_list_alone(shelf, client):
    headers = {"HX-Request": "true", "HX-Target": "board"}
    page = client.get(LIST, headers=headers).content.decode()
    assert 'id="board"' in page
    assert "<html" not in page


def test_an_empty_list_says_what_goes_here(handbook, client):
    assert "Drop circulars" in client.get(LIST).content.decode()
    assert "No document fits" in client.get(LIST, {"q": "x"}).content.decode()


def test_without_a_corpus_the_page_says_to_create_one(alice, signed_in):
    page = signed_in(alice).get(LIST).content.decode()
    assert "First a corpus" in page
    assert "data-drop" not in page


@pytest.mark.parametrize("url", ["documents", "documents_export", "corpora", "overview"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    url, alice, handbook, organisation, signed_in
):

    client = signed_in(alice)

    def fill(number):
        for _ in range(number):
            ready_document(handbook, pages=["x"])
            failed_document(make_corpus(organisation, f"Corpus {Document.objects.count()}"))

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(f"backoffice:{url}")).status_code == 200
        return len(captured)

    fill(3)
    few = queries()
    fill(27)
    assert queries() <= few
    assert few <= 21
