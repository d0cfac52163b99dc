"""What a change of a document's words, dates or presence does to the index."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from common.errors import InvalidInput, NotFound
from documents import indexing, ingestion, services, tasks
from documents.adapters.registry import get_index
from documents.generations import live_generation
from documents.models import Document
from documents.retrieval import search
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online, upload

LEAVE = "Employees have 25 days of annual leave.\n"


@pytest.fixture
def corpus(organisation, alice):
    return make_corpus(organisation, "Rules")


@pytest.fixture
def document(alice, corpus):
    return bring_online(alice, corpus, "leave.txt", LEAVE).document


@pytest.fixture
def enqueued(monkeypatch):
    """Ids of the documents whose refresh was enqueued."""
    keys: list[str] = []
    monkeypatch.setattr(tasks.refresh_index, "delay_on_commit", keys.append)
    monkeypatch.setattr(tasks.refresh_index, "delay", keys.append)
    return keys


def found(user, question):
    return [passage.text for passage in search(user, question).passages]


def test_a_page_is_found_by_its_hint_and_shown_without_it(alice, document, enqueued):
    assert found(alice, "congés bonifiés") == []
    services.set_hints(by=alice, document=document, hints="page 1: congés bonifiés")
    assert enqueued == [str(document.pk)]
    tasks.refresh_index(str(document.pk))

    [passage] = search(alice, "congés bonifiés").passages
    page = document.versions.get().pages.get()
    assert passage.text == page.text[passage.start : passage.end]
    assert "congés" not in passage.text
    assert passage.marks == ()
    assert search(alice, "congés bonifiés").evidence == 1.0
    document.refresh_from_db()
    assert (document.stale, document.stale_since, document.refresh_until) == ("", None, None)


def test_hints_that_are_taken_away_find_nothing_any_more(alice, document, enqueued):
    for hints in ("page 1: congés", ""):
        services.set_hints(by=alice, document=document, hints=hints)
        tasks.refresh_index(str(document.pk))
    assert found(alice, "congés") == []
    assert found(alice, "annual leave") != []


def test_a_new_file_gets_the_hints_of_its_document(alice, corpus, document, enqueued):
    services.set_hints(by=alice, document=document, hints="all pages: congés")
    version = upload(alice, corpus, "leave.txt", LEAVE.replace("25", "30"))
    tasks.refresh_index(str(document.pk))  # waits for the file
    assert found(alice, "congés") == []
    ingestion.ingest(version.pk)
    assert "30 days" in found(alice, "congés")[0]


def test_the_old_words_find_it_until_the_new_ones_are_written(
    alice, document, enqueued, monkeypatch
):
    services.rename_document(by=alice, document=document, title="Congés annuels")
    seen: list[list[str]] = []
    real = indexing.encode_passage

    def encode(*args):
        seen.append(found(alice, "annual leave"))
        return real(*args)

    monkeypatch.setattr(indexing, "encode_passage", encode)
    tasks.refresh_index(str(document.pk))
    assert len(seen) == 2  # the passage, the whole file
    assert all(texts and "25 days" in texts[0] for texts in seen)
    assert "25 days" in found(alice, "congés annuels")[0]


def test_what_changes_while_it_is_written_is_written_too(alice, document, enqueued, monkeypatch):
    services.set_hints(by=alice, document=document, hints="page 1: congés")
    real = indexing.encode_passage
    changed: list[bool] = []

    def encode(*args):
        if not changed:
            changed.append(True)
            services.set_hints(by=alice, document=document, hints="page 1: holidays")
            tasks.refresh_index(str(document.pk))  # by another worker: leaves it to the first
        return real(*args)

    monkeypatch.setattr(indexing, "encode_passage", encode)
    tasks.refresh_index(str(document.pk))
    assert found(alice, "holidays") != []
    assert found(alice, "congés") == []
    assert not Document.objects.exclude(stale="").exists()


def test_a_second_run_finds_nothing_to_do(alice, document, enqueued, monkeypatch):
    services.set_hints(by=alice, document=document, hints="page 1: congés")
    tasks.refresh_index(str(document.pk))
    monkeypatch.setattr(indexing, "encode_passage", None)  # would fail
    tasks.refresh_index(str(document.pk))
    assert found(alice, "congés") != []


def test_the_sweep_takes_up_what_was_lost_and_leaves_what_somebody_works_on(
    alice, document, enqueued
):
    services.set_hints(by=alice, document=document, hints="page 1: congés")
    enqueued.clear()
    rows = Document.objects.filter(pk=document.pk)
    now = timezone.now()
    for due, held_until, taken_up in [
        (now, None, False),  # its own task comes first
        (now - timedelta(minutes=1), now + timedelta(seconds=30), False),
        (now - timedelta(minutes=1), now - timedelta(seconds=1), True),  # its holder was killed
        (now - timedelta(minutes=1), None, True),
    ]:
        rows.update(stale_since=due, refresh_until=held_until)
        tasks.sweep_ingestion()
        tasks.sweep_ingestion()  # not a second time
        assert enqueued == ([str(document.pk)] if taken_up else [])
        enqueued.clear()


def test_a_restart_takes_up_what_the_process_before_it_held(alice, document, enqueued):
    services.set_hints(by=alice, document=document, hints="page 1: congés")
    rows = Document.objects.filter(pk=document.pk)
    rows.update(refresh_until=timezone.now() + timedelta(seconds=30))
    enqueued.clear()
    tasks.take_up_unfinished_work()
    tasks.sweep_ingestion()
    assert enqueued == [str(document.pk)]


def test_dates_do_not_write_the_vectors_anew(alice, document, enqueued, monkeypatch):
    monkeypatch.setattr(indexing, "encode_passage", None)  # would fail
    yesterday = timezone.localdate() - timedelta(days=1)
    services.set_validity(by=alice, document=document, valid_from=None, valid_until=yesterday)
    tasks.refresh_index(str(document.pk))
    assert found(alice, "annual leave") == []


def test_wrong_hints_are_refused_and_nothing_changes(alice, document, enqueued):
    with pytest.raises(InvalidInput) as refusal:
        services.set_hints(by=alice, document=document, hints="page 2: beyond the end")
    assert "there is no page 2" in refusal.value.params["reason"]
    document.refresh_from_db()
    assert (document.hints, document.stale, enqueued) == ("", "", [])


@pytest.mark.parametrize("who", ["bob", "charlie", "dana"])
def test_who_does_not_curate_the_corpus_changes_nothing(who, bob, document, corpus, request):
    grant(corpus, bob)
    person = request.getfixturevalue(who)
    with pytest.raises(NotFound):
        services.set_hints(by=person, document=document, hints="page 1: mine")
    with pytest.raises(NotFound):
        services.set_validity(by=person, document=document, valid_from=None, valid_until=None)
    document.refresh_from_db()
    assert (document.hints, document.stale) == ("", "")


def test_a_deleted_document_leaves_the_index_although_a_file_of_it_waits(
    alice, corpus, document, enqueued
):
    upload(alice, corpus, "leave.txt", LEAVE.replace("25", "30"))
    services.delete_document(by=alice, document=document)
    Document.objects.filter(pk=document.pk).update(deleted_at=None)  # the index alone decides
    tasks.refresh_index(str(document.pk))
    assert found(alice, "annual leave") != []
    services.delete_document(by=alice, document=document)
    tasks.refresh_index(str(document.pk))
    Document.objects.filter(pk=document.pk).update(deleted_at=None)
    assert found(alice, "annual leave") == []


def test_only_the_points_of_the_document_are_touched(alice, corpus, document, enqueued):
    other = bring_online(alice, corpus, "travel.txt", "Travel costs are paid.\n")
    services.delete_document(by=alice, document=document)
    tasks.refresh_index(str(document.pk))
    assert found(alice, "travel costs") != []
    generation = live_generation()
    index = get_index(generation.pk, generation.dimensions)
    assert index.count_chunks(other.pk) == 1
