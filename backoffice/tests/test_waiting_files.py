"""Files that wait: for a paused corpus, for a service that fails them all, for their password."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from documents.models import DocumentVersion, IngestionPause
from documents.tests import files
from documents.tests.builders import make_corpus, make_document, make_version, ready_document

State = DocumentVersion.State
PASSWORD = "sesame"
JSON = {"Accept": "application/json"}
WORK = reverse("backoffice:work")
LIST = reverse("backoffice:documents")


@pytest.fixture
def client(erin, signed_in):
    return signed_in(erin)


def post(client, name, *args, data=None):
    return client.post(reverse(f"backoffice:{name}", args=args), data or {}, headers=JSON)


def test_a_corpus_is_paused_says_so_everywhere_and_goes_on(handbook, client):
    version = make_version(make_document(handbook, "Plan"), State.QUEUED)
    page = client.get(reverse("backoffice:corpus_documents", args=[handbook.pk])).content.decode()
    assert "Pause this corpus" in page
    assert (
        "wait until you let them go on" in post(client, "corpus_pause", handbook.pk).json()["text"]
    )
    handbook.refresh_from_db()
    assert handbook.paused_at is not None
    for url in (WORK, LIST, reverse("backoffice:document", args=[version.document_id])):
        assert "Waiting: paused" in client.get(url).content.decode()
    assert "The files of “Handbook” are paused." in client.get(WORK).content.decode()
    post(client, "corpus_resume", handbook.pk)
    handbook.refresh_from_db()
    assert handbook.paused_at is None
    assert "paused" not in client.get(WORK).content.decode()


def test_a_paused_corpus_is_named_to_its_own_curators_alone(handbook, organisation, client):
    make_corpus(organisation, "Payroll", paused_at=timezone.now())
    assert "Payroll" not in client.get(WORK).content.decode()


def test_what_keeps_all_files_waiting_is_said_with_the_next_try_and_tried_at_once(client, handbook):
    now = timezone.now()
    later = now + timedelta(minutes=9)
    IngestionPause.objects.create(error_code="model-unavailable", since=now, next_try_at=later)
    page = client.get(WORK).content.decode()
    assert "All files wait." in page
    assert IngestionPause.objects.get().error_sentence in page
    assert "data-held" in page
    assert post(client, "documents_try").json()["text"].startswith("One file tries it now.")
    assert IngestionPause.objects.get().next_try_at < later
    IngestionPause.objects.all().delete()
    assert post(client, "documents_try").json()["text"].startswith("Nothing holds")


@pytest.fixture
def locked(handbook):
    return make_version(
        make_document(handbook, "Safe"),
        State.FAILED,
        content=files.locked_pdf(PASSWORD, "Inside."),
        error_code="file-encrypted",
        error_params={"file": "safe.pdf"},
    )


def test_a_locked_file_asks_for_its_password_and_goes_on_with_it(locked, client):
    url = reverse("backoffice:document", args=[locked.document_id])
    page = client.get(url).content.decode()
    assert reverse("backoffice:version_unlock", args=[locked.pk]) in page
    assert "Trying again would not help." not in page

    refused = client.post(
        reverse("backoffice:version_unlock", args=[locked.pk]), {"password": "wrong"}, follow=True
    )
    assert "does not open" in refused.content.decode()
    assert "wrong" not in refused.redirect_chain[0][0]

    answer = post(client, "version_unlock", locked.pk, data={"password": PASSWORD})
    assert "is open and on its way" in answer.json()["text"]
    locked.refresh_from_db()
    assert locked.state == State.QUEUED
    again = post(client, "version_unlock", locked.pk, data={"password": PASSWORD})
    assert "needs no password" in again.json()["text"]


def test_attachments_folder_source_and_disappearance_are_told_on_the_document(handbook, client):
    mail = ready_document(handbook, title="Letter")
    note = ready_document(handbook, title="Note")
    note.parent, note.folder, note.vanished_at = mail, "Mails/2026", timezone.now()
    note.save()
    page = client.get(reverse("backoffice:document", args=[mail.pk])).content.decode()
    assert "1 attachment" in page
    assert reverse("backoffice:document", args=[note.pk]) in page
    of_note = client.get(reverse("backoffice:document", args=[note.pk])).content.decode()
    assert reverse("backoffice:document", args=[mail.pk]) in of_note
    assert "Mails/2026" in of_note
    assert "no longer has it" in of_note
    board = client.get(LIST).content.decode()
    assert "Attached to “Letter”" in board
    assert "No longer at its source" in board


def test_remarks_stand_beside_a_file_that_went_online(handbook, client):
    document = ready_document(handbook)
    document.versions.update(remarks=[{"code": "pages-not-read", "params": {"pages": "2, 5"}}])
    sentence = "Pages that hold images only were not read: 2, 5."
    for url in (LIST, reverse("backoffice:document", args=[document.pk])):
        assert sentence in client.get(url).content.decode()


def test_the_settings_say_where_there_is_no_ocr(handbook, client, monkeypatch):
    url = reverse("backoffice:corpus", args=[handbook.pk])
    monkeypatch.setattr("backoffice.forms.find_tesseract", lambda: "/usr/bin/tesseract")
    assert "are read by OCR" in client.get(url).content.decode()
    monkeypatch.setattr("backoffice.forms.find_tesseract", lambda: "")
    assert "There is no OCR on this server" in client.get(url).content.decode()
    settings = {"name": "Handbook", "language": "en", "passages_read": 6, "visibility": "granted"}
    client.post(url, settings)
    handbook.refresh_from_db()
    assert handbook.ocr is False


def test_an_earlier_file_is_given_to_readers_again_and_takes_no_credit_for_the_time(
    handbook, client
):
    document = ready_document(handbook, title="Guide")
    now = timezone.now()
    long_ago = now - timedelta(days=30)
    earlier = make_version(document, State.READY, started_at=long_ago, finished_at=long_ago)
    url = reverse("backoffice:document", args=[document.pk])
    assert "Give readers this one again" in client.get(url).content.decode()
    answer = post(client, "version_restore", earlier.pk).json()
    assert answer["text"].startswith("Readers have “guide.pdf” of")
    earlier.refresh_from_db()
    assert earlier.live
    (row,) = client.get(LIST).context["rows"]
    assert (row["version"], row["time"]) == (earlier, {})
    make_version(document, State.QUEUED)
    replaced = document.versions.get(state=State.READY, live=False)
    refused = client.post(reverse("backoffice:version_restore", args=[replaced.pk]), follow=True)
    assert "A newer file of this document is on its way." in refused.content.decode()
