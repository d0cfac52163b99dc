from __future__ import annotations

import pytest
from django.urls import reverse

from documents.errors import HOPELESS
from documents.models import Document, DocumentVersion
from documents.tests.builders import (
    failed_document,
    make_document,
    make_version,
    ready_document,
)

State = DocumentVersion.State
OURS = "ingestion-failed"
JSON = {"Accept": "application/json"}


@pytest.fixture
def client(erin, signed_in):
    return signed_in(erin)


def post(client, name, data=None, *args, **headers):
    return client.post(reverse(f"backoffice:{name}", args=args), data or {}, headers=headers)


def test_deleting_hides_at_once_and_is_undone_by_the_address_given(handbook, client):
    document = ready_document(handbook)
    answer = post(client, "documents_delete", {"document": document.pk}, **JSON).json()
    assert answer["text"] == "“Leave” is deleted."
    assert not Document.objects.filter(pk=document.pk, deleted_at=None).exists()

    undone = client.post(answer["undo"], {"document": answer["chosen"]}, headers=JSON)
    assert undone.json()["text"] == "1 document is back."
    assert Document.objects.filter(pk=document.pk, deleted_at=None).exists()


def test_without_a_script_deleting_comes_back_to_the_list_and_says_so(handbook, client):
    document = ready_document(handbook)
    url = reverse("backoffice:documents_delete")
    response = client.post(url, {"document": document.pk}, follow=True)
    assert response.redirect_chain == [(reverse("backoffice:documents"), 302)]
    assert "“Leave” is deleted." in response.content.decode()


def test_many_are_deleted_together_or_none(handbook, client):
    documents = [ready_document(handbook, title=f"Note {number}") for number in range(3)]
    ids = [str(document.pk) for document in documents]
    unknown = "00000000-0000-0000-0000-000000000000"
    refused = post(client, "documents_delete", {"document": [*ids, unknown]}, **JSON)
    assert refused.status_code == 404
    assert not Document.objects.exclude(deleted_at=None).exists()
    answer = post(client, "documents_delete", {"document": ids}, **JSON).json()
    assert answer["text"] == "3 documents are deleted."
    assert Document.objects.exclude(deleted_at=None).count() == 3


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [({}, 400, "invalid-input"), ({"document": "nonsense"}, 404, "not-found")],
)
def test_a_form_that_names_no_document_is_refused_in_words(handbook, client, data, status, code):
    response = post(client, "documents_delete", data, **JSON)
    assert response.status_code == status
    assert response.json()["code"] == code
    assert response.json()["sentence"]


def test_a_document_is_renamed_but_not_to_nothing(handbook, client):
    document = ready_document(handbook)
    refused = post(client, "document_rename", {"title": "  "}, document.pk, **JSON)
    assert refused.status_code == 400
    answer = post(client, "document_rename", {"title": "Leave 2026"}, document.pk, **JSON).json()
    assert answer["text"] == "The document is now called “Leave 2026”."
    document.refresh_from_db()
    assert document.title == "Leave 2026"


def test_retrying_queues_what_failed_and_leaves_the_rest(handbook, client):
    failed, online = failed_document(handbook, code=OURS), ready_document(handbook)
    hopeless = failed_document(handbook, title="Scan", code="file-no-text")
    ids = {"document": [str(failed.pk), str(online.pk), str(hopeless.pk)]}
    assert post(client, "documents_retry", ids, **JSON).json()["text"].startswith("1 file")
    assert failed.versions.get().state == State.QUEUED
    assert online.versions.get().state == State.READY
    assert hopeless.versions.get().state == State.FAILED


@pytest.mark.parametrize("code", sorted(HOPELESS))
def test_a_file_that_is_itself_at_fault_is_not_offered_to_be_tried_again(handbook, client, code):
    document = failed_document(handbook, title="Scan", code=code)
    version = document.versions.get()
    retry = reverse("backoffice:version_retry", args=[version.pk])
    for page in (
        reverse("backoffice:documents"),
        reverse("backoffice:document", args=[document.pk]),
    ):
        assert retry not in client.get(page).content.decode()
    assert (
        "cannot be tried again"
        in post(client, "version_retry", None, version.pk, **JSON).json()["text"]
    )
    many = post(client, "documents_retry", {"document": document.pk}, **JSON).json()["text"]
    assert many == "None of them can be tried again: they need another file."
    version.refresh_from_db()
    assert (version.state, version.error_code) == (State.FAILED, code)


def test_what_failed_by_the_machine_is_offered_to_be_tried_again(handbook, client):
    for code in (OURS, "file-extraction-exceeded"):
        version = failed_document(handbook, title=code, code=code).versions.get()
        retry = reverse("backoffice:version_retry", args=[version.pk])
        assert retry in client.get(reverse("backoffice:documents")).content.decode()


def test_retrying_does_not_bring_back_a_file_that_was_replaced(handbook, client):
    document = failed_document(handbook, title="Guide", code=OURS)
    old = document.versions.get()
    make_version(document, State.READY, live=True)
    post(client, "documents_retry", {"document": document.pk}, **JSON)
    post(client, "version_retry", None, old.pk, **JSON)
    old.refresh_from_db()
    assert old.state == State.FAILED


def test_one_file_is_retried_or_cancelled(handbook, client):
    failed = failed_document(handbook, code=OURS).versions.get()
    running = make_version(make_document(handbook, "Plan"), State.RUNNING)
    post(client, "version_retry", None, failed.pk, **JSON)
    post(client, "version_cancel", None, running.pk, **JSON)
    failed.refresh_from_db()
    running.refresh_from_db()
    assert (failed.state, running.state) == (State.QUEUED, State.CANCELLED)


def test_removing_for_good_asks_for_the_title(handbook, client, monkeypatch):
    removed = []
    monkeypatch.setattr("documents.services.purge_deleted_document.delay_on_commit", removed.append)
    document = ready_document(handbook, title="Old guide")
    Document.objects.filter(pk=document.pk).update(deleted_at=document.created_at)
    refused = post(client, "document_purge", {"confirmation": "another"}, document.pk, **JSON)
    assert refused.status_code == 400
    assert removed == []
    answer = post(client, "document_purge", {"confirmation": " old  GUIDE "}, document.pk, **JSON)
    assert answer.json()["text"] == "“Old guide” is being removed for good."
    assert removed == [str(document.pk)]


def test_what_is_not_deleted_cannot_be_removed_for_good(handbook, client):
    document = ready_document(handbook, title="Guide")
    response = post(client, "document_purge", {"confirmation": "Guide"}, document.pk, **JSON)
    assert response.status_code == 404
