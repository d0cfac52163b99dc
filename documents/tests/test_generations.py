"""A generation built beside the live one, switched to, and the way back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from ai.errors import ModelUnavailable
from documents import building, refreshing, switching, tasks
from documents.adapters.registry import get_index, index_folder
from documents.building import work_off
from documents.due import progress_of
from documents.errors import IndexBusy, IndexNotComplete
from documents.generations import differences, live_generation, making_of, wanted_making
from documents.indexing import target_of
from documents.ingestion import ingest
from documents.models import FOR_GOOD, Chunk, Document, DocumentVersion, IndexGeneration
from documents.purge import purge_document
from documents.refreshing import refresh_document
from documents.retrieval import search
from documents.services import delete_document, rename_document, set_validity
from documents.tests.builders import make_corpus
from documents.tests.pipeline import bring_online, put_online, upload
from documents.verifying import verify

State = IndexGeneration.State
LONG = "Annual leave is twenty-five days. " * 12


@pytest.fixture
def corpus(organisation, alice):
    return make_corpus(organisation, "Rules")


@pytest.fixture
def leave(corpus):
    return put_online(corpus, "leave", LONG)


@pytest.fixture
def travel(corpus):
    return put_online(corpus, "travel", "Travel costs are paid within a month.")


@pytest.fixture
def smaller(settings):
    """Passages half as long are wanted."""
    settings.SPLIT_CHUNK_SIZE, settings.SPLIT_CHUNK_OVERLAP = 200, 20


def build(generation) -> IndexGeneration:
    while work_off(generation.pk):
        pass
    generation.refresh_from_db()
    return generation


def switch(generation) -> IndexGeneration:
    assert switching.ask_for_switch(generation.pk)
    return live_generation()


def found(user, question="annual leave") -> list[str]:
    return [passage.title for passage in search(user, question).passages]


def points(generation, version) -> int:
    return get_index(generation.pk, generation.dimensions).count_chunks(version.pk)


def test_settings_that_differ_from_the_live_generation_are_named(leave, smaller):
    (size, overlap) = differences(making_of(live_generation()), wanted_making())
    assert (size.was, size.wanted, overlap.wanted) == ("1000", "200", "20")


def test_a_generation_is_built_beside_the_live_one_which_stays(alice, leave, travel, smaller):
    old = live_generation()
    generation = build(switching.begin())
    assert (generation.state, bool(generation.built_at)) == (State.BUILDING, True)
    assert progress_of(generation) == (2, 2)
    assert live_generation() == old
    assert points(old, leave) == 1
    assert points(generation, leave) == Chunk.objects.filter(generation=generation).count() - 1 > 1
    assert len(search(alice, "annual leave").passages[0].text) > 300


def test_after_the_switch_the_new_one_is_searched_and_written(alice, corpus, leave, smaller):
    old = live_generation()
    new = switch(build(switching.begin()))
    assert new != old
    assert len(search(alice, "annual leave").passages[0].text) <= 200
    travel = bring_online(alice, corpus, "travel.txt", "Travel costs are paid.\n")
    assert (points(new, travel), points(old, travel)) == (1, 0)
    old.refresh_from_db()
    assert old.state == State.RETIRED


def test_only_one_is_built_at_a_time_and_one_is_live(leave):
    switching.begin()
    with pytest.raises(IndexBusy):
        switching.begin()
    with pytest.raises(IntegrityError), transaction.atomic():
        IndexGeneration.objects.filter(state=State.BUILDING).update(state=State.LIVE)


def test_what_is_not_complete_is_not_switched_to(leave, travel):
    generation = switching.begin()
    work_off(generation.pk, must_yield=lambda: True)
    assert progress_of(generation) == (1, 2)
    with pytest.raises(IndexNotComplete):
        switching.ask_for_switch(generation.pk)
    assert live_generation() != generation


def test_a_turn_ends_behind_one_file_where_another_waits_to_be_ingested(
    alice, corpus, leave, travel
):
    waiting = upload(alice, corpus, "late.txt", "Late rules.\n")
    generation = switching.begin()
    assert work_off(generation.pk)
    assert progress_of(generation) == (1, 2)
    ingest(waiting.pk)
    assert not work_off(generation.pk)
    assert progress_of(generation) == (3, 3)


def test_a_paused_one_stops_in_the_middle_of_a_file_and_goes_on_when_resumed(
    alice, leave, smaller, monkeypatch
):
    generation = switching.begin()
    real = building.bring_into

    def paused_meanwhile(target, version, on_progress):
        switching.pause(generation.pk)
        real(target, version, on_progress=on_progress)

    monkeypatch.setattr(building, "bring_into", paused_meanwhile)
    assert not work_off(generation.pk)
    assert progress_of(generation) == (0, 1)
    assert not work_off(generation.pk)
    monkeypatch.setattr(building, "bring_into", real)
    switching.resume(generation.pk)
    assert build(generation).built_at
    assert found(alice) == ["leave"]


def test_a_failure_pauses_it_with_the_reason_and_nothing_is_lost(leave, travel, monkeypatch):
    generation = switching.begin()
    real = building.bring_into

    def fail(*_args, **_options):
        raise ModelUnavailable

    monkeypatch.setattr(building, "bring_into", fail)
    build(generation)
    assert (generation.paused, generation.error_code) == (True, "embedding-failed")
    assert "model-unavailable" in generation.error_sentence
    assert generation.due.count() == 2
    monkeypatch.setattr(building, "bring_into", real)
    switching.resume(generation.pk)
    build(generation)
    assert (generation.paused, generation.error_code, generation.due.count()) == (False, "", 0)


def test_an_unknown_failure_pauses_it_too(leave, monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError

    monkeypatch.setattr(building, "bring_into", fail)
    generation = build(switching.begin())
    assert (generation.paused, generation.error_code) == (True, "index-build-failed")


def test_a_generation_with_vectors_is_not_built_without_its_model(leave):
    generation = switching.begin()
    IndexGeneration.objects.filter(pk=generation.pk).update(embedding_model="gone", dimensions=3)
    generation = build(IndexGeneration.objects.get(pk=generation.pk))
    assert generation.error_code == "embedding-failed"
    assert generation.due.count() == 1


def test_what_changes_while_it_is_built_is_in_both(alice, corpus, leave, travel, smaller):
    """New file, new version, title, dates, deletion, removal for good."""
    gone = put_online(corpus, "gone", "Rules that are gone.")
    dead = put_online(corpus, "dead", "Rules that are dead.")
    generation = build(switching.begin())
    bring_online(alice, corpus, "new.txt", "Pension rules are new.\n")
    bring_online(alice, corpus, "travel.txt", "Travel costs are paid within a week.\n")
    rename_document(by=alice, document=leave.document, title="Days off")
    delete_document(by=alice, document=gone.document)
    Document.objects.filter(pk=dead.document_id).update(deleted_at=FOR_GOOD)
    purge_document(Document.objects.get(pk=dead.document_id))
    for key in Document.objects.exclude(stale="").values_list("pk", flat=True):
        refresh_document(key)
    assert generation.due.count() > 0
    build(generation)
    for one in (live_generation(), generation):
        assert not verify(target_of(one)).differs
        assert points(one, dead) == 0
    switch(generation)
    assert found(alice, "annual leave")[0] == "Days off"
    assert found(alice, "pension rules")[0] == "new"
    assert "within a week" in search(alice, "travel costs").passages[0].text
    assert {"gone", "dead"}.isdisjoint(found(alice, "rules that are gone or dead"))


def test_a_change_in_the_middle_of_a_file_is_not_lost(alice, leave, monkeypatch):
    generation = switching.begin()
    real = building.bring_into

    def renamed_meanwhile(target, version, on_progress):
        real(target, version, on_progress=on_progress)
        if Document.objects.get(pk=leave.document_id).title == "leave":
            rename_document(by=alice, document=leave.document, title="Holidays")

    monkeypatch.setattr(building, "bring_into", renamed_meanwhile)
    build(generation)
    refresh_document(leave.document_id)
    switch(build(generation))
    assert found(alice, "holidays") == ["Holidays"]


def test_dates_alone_are_told_without_writing_the_words_again(alice, leave, monkeypatch):
    generation = build(switching.begin())
    past = date(2020, 1, 1)
    set_validity(by=alice, document=leave.document, valid_from=None, valid_until=past)
    refresh_document(leave.document_id)
    monkeypatch.setattr(building, "bring_into", None)
    build(generation)
    assert not verify(target_of(generation)).differs


def test_a_file_whose_ingestion_crosses_the_switch_is_found(alice, corpus, leave, monkeypatch):
    from documents import steps

    generation = build(switching.begin())
    late = upload(alice, corpus, "late.txt", "Pension rules came late.\n")
    real = steps.index_version

    def switched_meanwhile(*args, **options):
        real(*args, **options)
        switch(generation)

    monkeypatch.setattr(steps, "index_version", switched_meanwhile)
    ingest(late.pk)
    assert live_generation() == generation
    assert points(generation, late) == 0
    build(generation)
    assert found(alice, "pension rules")[0] == "late"


def test_a_file_left_before_the_switch_goes_on_from_its_passages(alice, corpus, leave):
    late = upload(alice, corpus, "late.txt", "Pension rules came late.\n")
    ingest(late.pk)
    DocumentVersion.objects.filter(pk=late.pk).update(
        state="queued", step="publish", live=False, finished_at=None
    )
    generation = switch(build(switching.begin()))
    ingest(late.pk)
    assert points(generation, late) == 1
    assert found(alice, "pension rules")[0] == "late"


def test_a_search_under_way_ends_in_the_generation_that_it_began_in(alice, leave, monkeypatch):
    from documents.retrieval import candidates

    generation = build(switching.begin())
    real = candidates.Candidates.scores

    def switched_meanwhile(self, asked):
        scores = real(self, asked)
        switch(generation)
        return scores

    monkeypatch.setattr(candidates.Candidates, "scores", switched_meanwhile)
    assert found(alice) == ["leave"]
    monkeypatch.setattr(candidates.Candidates, "scores", real)
    assert live_generation() == generation
    assert found(alice) == ["leave"]


def test_a_wanted_switch_takes_place_once_it_has_caught_up(alice, corpus, leave):
    generation = build(switching.begin())
    bring_online(alice, corpus, "new.txt", "Pension rules are new.\n")
    assert not switching.ask_for_switch(generation.pk)
    assert live_generation() != generation
    build(generation)
    assert live_generation() == generation


def test_the_way_back_brings_up_what_came_meanwhile(alice, corpus, leave, smaller, monkeypatch):
    old = live_generation()
    switch(build(switching.begin()))
    bring_online(alice, corpus, "new.txt", "Pension rules are new.\n")
    switching.bring_back(old.pk)
    written = []
    real = building.bring_into
    monkeypatch.setattr(
        building, "bring_into", lambda t, v, **more: (written.append(v), real(t, v, **more))
    )
    switch(build(old))
    assert [version.file_name for version in written] == ["new.txt"]
    assert live_generation() == old
    assert found(alice, "pension rules") == ["new"]
    assert len(search(alice, "annual leave").passages[0].text) > 300


def test_a_change_that_the_index_had_not_been_told_of_is_told_on_the_way_back(alice, leave):
    old = live_generation()
    generation = build(switching.begin())
    Document.objects.filter(pk=leave.document_id).update(title="Holidays")
    refreshing.mark_stale_in_live(Document.objects.all(), Document.Stale.VECTORS)
    switch(generation)
    switching.bring_back(old.pk)
    build(old)
    index = target_of(old)
    assert not verify(index).differs
    switch(old)
    assert found(alice, "holidays") == ["Holidays"]


def test_a_cancelled_one_is_removed_and_one_that_was_live_is_kept(leave, smaller):
    old = live_generation()
    generation = build(switching.begin())
    switching.cancel(generation.pk)
    assert not work_off(generation.pk)
    tasks.sweep_index()
    assert list(IndexGeneration.objects.all()) == [old]
    assert not (index_folder() / generation.pk.hex).exists()
    assert not Chunk.objects.exclude(generation=old).exists()
    switch(build(switching.begin()))
    switching.bring_back(old.pk)
    switching.cancel(old.pk)
    old.refresh_from_db()
    assert old.state == State.RETIRED
    switching.remove(old.pk)
    switching.tidy_up()
    assert not (index_folder() / old.pk.hex).exists()
    assert not IndexGeneration.objects.filter(pk=old.pk).exists()


def test_neither_the_live_one_nor_one_being_built_can_be_removed(leave):
    live, generation = live_generation(), switching.begin()
    for one in (live, generation):
        switching.remove(one.pk)
        one.refresh_from_db()
        assert one.state != State.REMOVED


def test_the_sweep_enqueues_what_is_being_built_and_nothing_else(leave, monkeypatch):
    enqueued = []
    monkeypatch.setattr(tasks.build_index, "delay", enqueued.append)
    tasks.sweep_index()
    assert enqueued == []
    generation = switching.begin()
    tasks.sweep_index()
    switching.pause(generation.pk)
    tasks.sweep_index()
    assert enqueued == [str(generation.pk)]


def test_two_do_not_build_at_once_and_a_dead_one_is_followed(leave):
    generation = switching.begin()
    soon = timezone.now() + timedelta(seconds=30)
    held = IndexGeneration.objects.filter(pk=generation.pk)
    held.update(lease_owner="another", lease_until=soon)
    assert not work_off(generation.pk)
    assert generation.due.count() == 1
    tasks.take_up_unfinished_work()
    assert build(generation).built_at


def test_a_retired_index_is_closed_once_nobody_asks_for_it(leave, monkeypatch):
    old = live_generation()
    switch(build(switching.begin()))
    index = get_index(old.pk, 0)
    switching.tidy_up()
    assert get_index(old.pk, 0) is index
    monkeypatch.setattr(switching, "IDLE_S", 0)
    switching.tidy_up()
    assert get_index(old.pk, 0) is not index
