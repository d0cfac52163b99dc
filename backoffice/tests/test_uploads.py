from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from backoffice.steps import progress_of, reason_in_short
from common.errors import known_errors
from documents.errors import FileRefused, IngestionFailed
from documents.models import Document, DocumentVersion
from documents.tests.builders import failed_document, make_document, make_version, ready_document

State = DocumentVersion.State
Step = DocumentVersion.Step
UPLOAD = reverse("backoffice:upload")
WORK = reverse("backoffice:work")
JSON = {"Accept": "application/json"}


@pytest.fixture
def client(erin, signed_in):
    return signed_in(erin)


def text_file(
    name: str = "notes.txt", content: bytes = b"Employees have 25 days of leave."
) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def send(client, corpus, file):
    return client.post(UPLOAD, {"corpus": str(corpus.pk), "file": file}, headers=JSON)


def test_a_file_is_taken_and_queued(handbook, client):
    response = send(client, handbook, text_file())
    assert response.status_code == 201
    version = DocumentVersion.objects.get(pk=response.json()["version"])
    assert version.state == State.QUEUED
    assert str(version.document_id) == response.json()["document"]
    assert version.document.title == "notes"


def test_the_same_name_with_other_content_becomes_a_new_version(handbook, client):
    send(client, handbook, text_file())
    send(client, handbook, text_file(content=b"Employees have 30 days of leave."))
    document = Document.objects.get()
    assert document.versions.count() == 2


@pytest.mark.parametrize(
    ("file", "status", "code"),
    [
        (text_file("empty.txt", b""), 422, "file-empty"),
        (text_file("program.exe", b"MZ\x90\x00\x03" + bytes(200)), 422, "file-unknown-type"),
    ],
)
def test_a_refused_file_is_answered_with_its_reason(handbook, client, file, status, code):
    response = send(client, handbook, file)
    assert response.status_code == status
    assert response.json()["code"] == code
    assert file.name in response.json()["sentence"]
    assert not Document.objects.exists()


def test_the_same_content_again_is_refused_as_a_duplicate(handbook, client):
    send(client, handbook, text_file())
    response = send(client, handbook, text_file("copy.txt"))
    assert response.status_code == 409
    assert response.json()["code"] == "file-duplicate"


def test_nothing_sent_is_said_in_words(handbook, client):
    response = client.post(UPLOAD, {"corpus": str(handbook.pk)}, headers=JSON)
    assert response.status_code == 400
    assert client.post(UPLOAD, {"corpus": "nonsense"}, headers=JSON).status_code == 404


def test_without_a_script_one_refused_file_does_not_stop_the_others(handbook, client):
    files = [text_file("one.txt"), text_file("empty.txt", b""), text_file("two.txt", b"Two.")]
    response = client.post(UPLOAD, {"corpus": str(handbook.pk), "file": files}, follow=True)
    page = response.content.decode()
    assert "2 files are received." in page
    assert "“empty.txt” is empty" in page
    assert Document.objects.count() == 2


def test_the_panel_shows_failures_first_then_what_is_under_way(handbook, client):
    ready_document(handbook, title="Ready", pages=["a", "b"])
    make_version(make_document(handbook, "Waiting"), State.QUEUED)
    running = make_document(handbook, "Running")
    make_version(running, State.RUNNING, step=Step.INDEX, progress_done=2, progress_total=4)
    failed_document(handbook, title="Broken")
    response = client.get(WORK)
    shown = [row["version"].document.title for row in response.context["work_rows"]]
    assert shown == ["Broken", "Running", "Waiting", "Ready"]
    page = response.content.decode()
    assert "Indexing, 2 of 4 passages" in page
    assert "Ready, 2 passages" in page
    assert "is damaged and cannot be opened" in page
    assert "4 files: 1 ready, 2 in progress, 1 failed" in page


def test_many_failures_do_not_push_what_is_under_way_out_of_the_panel(handbook, client):
    for number in range(10):
        failed_document(handbook, title=f"Broken {number}")
    make_version(make_document(handbook, "Running"), State.RUNNING)
    context = client.get(WORK).context
    shown = [row["version"].document.title for row in context["work_rows"]]
    assert (len(shown), shown[-1]) == (5, "Running")
    assert context["work_more"] == 6


def test_the_panel_asks_again_only_while_something_is_under_way(handbook, client):
    assert "every 1s" not in client.get(WORK).content.decode()
    version = make_version(make_document(handbook), State.QUEUED)
    assert "every 1s" in client.get(WORK).content.decode()
    DocumentVersion.objects.filter(pk=version.pk).update(state=State.READY)
    assert "every 1s" not in client.get(WORK).content.decode()


def test_the_list_below_is_told_when_a_file_has_ended(handbook, client):
    make_version(make_document(handbook), State.QUEUED)
    assert "HX-Trigger" not in client.get(WORK, {"active": "1"}).headers
    assert "board-stale" in client.get(WORK, {"active": "2"}).headers["HX-Trigger"]


def test_what_ended_long_ago_leaves_the_panel(handbook, client):
    failed = failed_document(handbook)
    failed.versions.update(finished_at=timezone.now() - timedelta(hours=2))
    assert client.get(WORK).context["work_rows"] == []


def test_a_failure_leaves_the_panel_once_a_newer_file_made_it_good(handbook, client):
    document = failed_document(handbook)
    make_version(document, State.READY, live=True, finished_at=timezone.now())
    (row,) = client.get(WORK).context["work_rows"]
    assert row["version"].state == State.READY


def test_deleting_is_not_offered_where_it_would_take_an_online_version_along(handbook, client):
    document = ready_document(handbook)
    make_version(document, State.FAILED, error_code="file-corrupt", finished_at=timezone.now())
    page = client.get(WORK).content.decode()
    assert reverse("backoffice:documents_delete") not in page


@pytest.mark.parametrize(
    ("fields", "done", "percent", "sentence"),
    [
        ({"state": State.QUEUED}, 1, 0, "Waiting"),
        ({"state": State.QUEUED, "error_code": "ingestion-failed"}, 1, 0, "Waiting for another"),
        ({"state": State.RUNNING, "step": Step.EXTRACT}, 1, 0, "Extraction"),
        (
            {"state": State.RUNNING, "step": Step.EXTRACT, "progress_done": 2, "progress_total": 8},
            1,
            25,
            "Extraction, page 2 of 8",
        ),
        ({"state": State.RUNNING, "step": Step.CHUNK}, 2, 0, "Chunking"),
        ({"state": State.RUNNING, "step": Step.PUBLISH}, 4, 0, "Going online"),
        ({"state": State.READY}, 5, 0, "Ready"),
        ({"state": State.CANCELLED, "step": Step.INDEX}, 3, 0, "Cancelled"),
    ],
)
def test_each_step_has_its_place_and_its_sentence(fields, done, percent, sentence):
    progress = progress_of(DocumentVersion(**fields))
    assert (progress.done, progress.percent) == (done, percent)
    assert progress.sentence.startswith(sentence)


def test_every_reason_for_a_failed_file_has_a_short_form():
    causes = [
        error
        for error in known_errors().values()
        if issubclass(error, FileRefused | IngestionFailed)
    ]
    assert len(causes) > 5
    assert [error.code for error in causes if not reason_in_short(error.code)] == []
