from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from common.errors import NotFound
from documents import indexing, ingestion, leases, services, tasks, version_services
from documents.adapters.registry import get_index
from documents.errors import DuplicateFile, EmptyFile, UnknownType
from documents.generations import live_generation
from documents.models import Chunk, Document, DocumentVersion
from documents.retrieval import search
from documents.tests.builders import grant, make_corpus, make_document, make_version
from documents.tests.files import pdf
from documents.tests.pipeline import bring_online, upload

State = DocumentVersion.State
Step = DocumentVersion.Step

LEAVE = "# Leave\n\nEmployees have 25 days of annual leave.\n\n# Telework\n\nTwo days a week.\n"


@pytest.fixture
def corpus(organisation, alice):
    return make_corpus(organisation, "Rules")


def points(version):
    generation = live_generation()
    return get_index(generation.pk, generation.dimensions).count_chunks(version.pk)


def test_an_uploaded_file_is_searchable_with_its_page_and_span(alice, corpus):
    version = bring_online(alice, corpus, "leave.md", LEAVE)
    assert (version.state, version.live, version.step) == (State.READY, True, Step.PUBLISH)
    assert version.language == "en"
    best = search(alice, "days of annual leave").passages[0]
    page = version.pages.get(number=best.page)
    assert page.text[best.start : best.end] == best.text
    assert "25 days of annual leave" in best.text
    assert points(version) == Chunk.objects.filter(version=version).count() > 0


def test_a_queued_file_is_in_no_search(alice, corpus):
    upload(alice, corpus, "leave.md", LEAVE)
    assert search(alice, "annual leave").passages == ()


def test_an_empty_file_is_refused_by_name_and_nothing_is_kept(alice, corpus):
    with pytest.raises(EmptyFile) as refusal:
        upload(alice, corpus, "nothing.txt", b"")
    assert refusal.value.params["file"] == "nothing.txt"
    assert Document.objects.count() == 0


def test_an_unreadable_type_is_refused_by_name(alice, corpus):
    with pytest.raises(UnknownType) as refusal:
        upload(alice, corpus, "noise.bin", bytes(range(256)) * 8)
    assert refusal.value.params["file"] == "noise.bin"


def test_the_same_content_again_is_refused_as_a_duplicate(alice, corpus):
    bring_online(alice, corpus, "leave.md", LEAVE)
    with pytest.raises(DuplicateFile) as refusal:
        upload(alice, corpus, "copy.md", LEAVE)
    assert refusal.value.params["title"] == "Leave"


def test_a_changed_file_replaces_the_old_version_only_when_it_is_ready(alice, corpus):
    old = bring_online(alice, corpus, "leave.md", LEAVE)
    new = upload(alice, corpus, "leave.md", LEAVE.replace("25", "30"))
    assert new.document_id == old.document_id
    assert "25 days" in search(alice, "annual leave").passages[0].text
    ingestion.ingest(new.pk)
    found = search(alice, "annual leave").passages
    assert {passage.version for passage in found} == {new.pk}
    old.refresh_from_db()
    assert (old.live, old.state) == (False, State.READY)


def test_a_corrupt_file_fails_with_its_reason_and_is_not_retried(alice, corpus):
    broken = b"%PDF-1.4\n" + b"garbage " * 50
    version = bring_online(alice, corpus, "broken.pdf", broken)
    assert version.state == State.FAILED
    assert version.error_code.startswith("file-")
    assert "broken.pdf" in version.error_sentence


def test_a_pdf_whose_pages_hold_no_text_fails_by_name_instead_of_going_online_empty(alice, corpus):
    version = bring_online(alice, corpus, "scan.pdf", pdf("", ""))
    assert (version.state, version.error_code) == (State.FAILED, "file-no-text")
    assert "scan.pdf" in version.error_sentence


def test_a_failing_component_is_tried_again_later_and_then_reported(
    alice, corpus, monkeypatch, caplog
):
    version = upload(alice, corpus, "leave.md", LEAVE)

    def broken(*_args):
        raise OSError("index folder gone")

    monkeypatch.setattr(ingestion, "get_index", broken)
    ingestion.ingest(version.pk)
    version.refresh_from_db()
    assert (version.state, version.attempts) == (State.QUEUED, 1)
    assert version.enqueue_at > timezone.now()
    for _attempt in range(leases.MAX_ATTEMPTS - 1):
        ingestion.ingest(version.pk)
    version.refresh_from_db()
    assert (version.state, version.error_code) == (State.FAILED, "ingestion-failed")


def test_a_failed_file_can_be_retried(alice, corpus):
    version = upload(alice, corpus, "leave.md", LEAVE)
    DocumentVersion.objects.filter(pk=version.pk).update(state=State.FAILED, attempts=4)
    version_services.retry_version(by=alice, version=version)
    ingestion.ingest(version.pk)
    version.refresh_from_db()
    assert version.state == State.READY


def test_a_cancelled_file_stops_at_the_next_piece_of_progress(alice, corpus, monkeypatch):
    version = upload(alice, corpus, "leave.md", LEAVE)
    original = indexing.chunk_pages

    def cancelling(*args):
        version_services.cancel_version(by=alice, version=version)
        return original(*args)

    monkeypatch.setattr(indexing, "chunk_pages", cancelling)
    ingestion.ingest(version.pk)
    version.refresh_from_db()
    assert version.state == State.CANCELLED
    assert search(alice, "annual leave").passages == ()


def test_a_version_is_ingested_by_one_worker_only(alice, corpus):
    version = upload(alice, corpus, "leave.md", LEAVE)
    DocumentVersion.objects.filter(pk=version.pk).update(
        state=State.RUNNING, lease_owner="another", lease_until=timezone.now() + leases.LEASE
    )
    ingestion.ingest(version.pk)
    version.refresh_from_db()
    assert version.lease_owner == "another"


def test_a_dead_workers_file_goes_back_to_the_queue(alice, corpus, monkeypatch):
    announced = []
    monkeypatch.setattr(tasks.ingest_waiting, "delay_on_commit", lambda: announced.append(1))
    tasks.sweep_ingestion()
    assert announced == []  # nothing waits
    now = timezone.now()
    died, soon = now - timedelta(seconds=1), now + timedelta(seconds=30)
    leased = {"state": State.RUNNING, "step": Step.INDEX, "attempts": 1}
    dead = make_version(make_document(corpus), lease_owner="a", lease_until=died, **leased)
    alive = make_version(make_document(corpus, "B"), lease_owner="b", lease_until=soon, **leased)
    tasks.sweep_ingestion()
    dead.refresh_from_db()
    assert (dead.state, dead.step, dead.lease_owner) == (State.QUEUED, Step.INDEX, "")
    assert len(announced) == settings.INGESTION_CONCURRENCY
    alive.refresh_from_db()
    assert alive.state == State.RUNNING


def test_a_file_at_which_worker_after_worker_dies_fails_with_its_reason(alice, corpus):
    gone = timezone.now() - timedelta(seconds=1)
    leased = {"lease_owner": "dead", "lease_until": gone}
    attempts = leases.MAX_ATTEMPTS
    version = make_version(make_document(corpus), State.RUNNING, attempts=attempts, **leased)
    tasks.sweep_ingestion()
    version.refresh_from_db()
    assert (version.state, version.error_code) == (State.FAILED, "ingestion-worker-lost")
    assert version_services.retry_version(by=alice, version=version)


def test_a_message_too_many_ends_quietly(db):
    tasks.ingest_waiting()


def test_a_deleted_document_is_hidden_at_once_and_can_be_restored(alice, corpus):
    version = bring_online(alice, corpus, "leave.md", LEAVE)
    services.delete_document(by=alice, document=version.document)
    assert search(alice, "annual leave").passages == ()
    services.restore_document(by=alice, document=version.document)
    assert search(alice, "annual leave").passages


def test_a_deleted_documents_points_are_hidden_in_the_index_too(alice, corpus):
    version = bring_online(alice, corpus, "leave.md", LEAVE)
    services.delete_document(by=alice, document=version.document)
    tasks.refresh_index(str(version.document_id))
    row = Document.objects.filter(pk=version.document_id)
    row.update(deleted_at=None)
    assert search(alice, "annual leave").passages == ()  # the row alone does not show them
    row.update(deleted_at=timezone.now())
    services.restore_document(by=alice, document=version.document)
    tasks.refresh_index(str(version.document_id))
    assert search(alice, "annual leave").passages


def test_a_purge_removes_rows_file_and_points(alice, corpus):
    version = bring_online(alice, corpus, "leave.md", LEAVE)
    storage, name = version.file.storage, version.file.name
    services.delete_document(by=alice, document=version.document)
    tasks.purge_deleted_documents()
    assert Document.objects.filter(pk=version.document_id).exists()  # not yet its time
    Document.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    tasks.purge_deleted_documents()
    assert not Document.objects.filter(pk=version.document_id).exists()
    assert not storage.exists(name)
    assert points(version) == 0


def test_a_reader_cannot_upload_delete_or_retry(alice, bob, corpus):
    grant(corpus, bob)
    version = bring_online(alice, corpus, "leave.md", LEAVE)
    with pytest.raises(NotFound):
        upload(bob, corpus, "mine.md", "text")
    with pytest.raises(NotFound):
        services.delete_document(by=bob, document=version.document)
    with pytest.raises(NotFound):
        version_services.retry_version(by=bob, version=version)
    with pytest.raises(NotFound):
        version_services.cancel_version(by=bob, version=version)
