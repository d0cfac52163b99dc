"""Whose file is next, and corpora that wait."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.errors import NotFound
from documents import indexing, ingestion, leases, queueing, steps, version_services
from documents.models import (
    Document,
    DocumentVersion,
    Source,
)
from documents.ports import ExtractedPage
from documents.queue_services import (
    pause_corpus,
    resume_corpus,
    retry_failed,
)
from documents.tests.builders import grant, make_corpus, make_document, make_version
from documents.tests.queued import counted_steps, queued, states, take, upload

State = DocumentVersion.State
Step = DocumentVersion.Step


@pytest.fixture
def corpus(organisation, alice, erin):
    made = make_corpus(organisation, "Rules")
    grant(made, erin, "curate")
    return made


def finish(version):
    DocumentVersion.objects.filter(pk=version.pk).update(state=State.READY)


def test_one_file_does_not_stand_behind_four_hundred_of_somebody_else(corpus, alice, bob):
    many = queued(corpus, alice, 400)
    assert take() == many[0]  # before bob has come
    (one,) = queued(corpus, bob, 1)
    assert one in {take(), take()}


def test_two_people_take_turns_whatever_they_have_left(corpus, alice, bob):
    queued(corpus, alice, 6)
    queued(corpus, bob, 3)
    order = []
    while version := take():
        order.append(version.created_by.name)
        finish(version)
    assert sorted(order[:6]) == ["Alice"] * 3 + ["Bob"] * 3
    assert order[0] != order[1]
    assert order[2] != order[3]
    assert order[6:] == ["Alice"] * 3


def test_whoever_has_fewest_files_under_way_is_served_first(corpus, alice, bob):
    queued(corpus, alice, 2, state=State.RUNNING)
    many = queued(corpus, alice, 2)
    ones = queued(corpus, bob, 3)
    assert [take() for _ in range(2)] == ones[:2]
    assert {take(), take(), take()} == {ones[2], *many}
    assert take() is None


def test_ones_own_files_go_in_the_order_in_which_they_came(corpus, alice):
    many = queued(corpus, alice, 3)
    assert [take() for _ in many] == many


def test_files_of_nobody_take_their_turn_too(corpus, alice):
    queued(corpus, alice, 3)
    (orphan,) = queued(corpus, None, 1)
    assert orphan in {take(), take()}


def test_a_file_is_given_to_one_worker_only(corpus, alice, monkeypatch):
    first, second = queued(corpus, alice, 2)
    original = queueing._next_in_turn
    stolen = []

    def late():
        found = original()
        if not stolen:  # between looking and claiming another worker takes it
            stolen.append(leases.claim(found, "another"))
        return found

    monkeypatch.setattr(queueing, "_next_in_turn", late)
    assert take() == second
    assert DocumentVersion.objects.get(pk=first.pk).lease_owner == "another"


def test_the_next_of_ten_thousand_is_found_in_a_handful_of_queries_along_an_index(
    corpus, alice, bob
):
    queued(corpus, alice, 3)
    queued(corpus, bob, 3)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        take()
    assert len(asked) <= 10
    grouped = next(query["sql"] for query in asked if "GROUP BY" in query["sql"])
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {grouped}")
            plan = " ".join(str(row) for row in cursor.fetchall())
        assert "USING COVERING INDEX version_waiting" in plan


def test_a_file_that_failed_is_left_alone_until_its_time(corpus, alice):
    (later,) = queued(corpus, alice, 1, enqueue_at=timezone.now() + timedelta(minutes=1))
    assert take() is None
    DocumentVersion.objects.filter(pk=later.pk).update(enqueue_at=timezone.now())
    assert take() == later


# --- a corpus that waits ----------------------------------------------------------------------


def test_a_paused_corpus_waits_and_loses_nothing(corpus, organisation, alice, erin):
    other = make_corpus(organisation, "Other")
    waits, goes = queued(corpus, alice, 1)[0], queued(other, alice, 1)[0]
    pause_corpus(by=erin, corpus=corpus)
    assert take() == goes
    assert take() is None
    resume_corpus(by=erin, corpus=corpus)
    assert take() == waits


def test_what_is_being_read_when_its_corpus_is_paused_goes_on_later_at_the_same_step(
    corpus, alice, monkeypatch
):
    version = upload(alice, corpus, "leave.md", "25 days of annual leave.")
    done = counted_steps(monkeypatch)
    original = steps.index_version

    def pausing(*args, **options):
        if done.count("index") == 1:
            pause_corpus(by=alice, corpus=corpus)
        original(*args, **options)

    monkeypatch.setattr(steps, "index_version", pausing)
    assert not ingestion.work_off_queue()
    version.refresh_from_db()
    assert (version.state, version.step, version.attempts) == (State.QUEUED, Step.INDEX, 0)
    resume_corpus(by=alice, corpus=corpus)
    ingestion.work_off_queue()
    version.refresh_from_db()
    assert (version.state, version.attempts) == (State.READY, 1)
    assert done == ["chunk", "index", "index", "publish"]


@pytest.mark.parametrize("who", ["bob", "charlie", "dana"])
def test_a_corpus_is_paused_and_its_failures_retried_by_its_curators_alone(
    who, corpus, erin, request
):
    user = request.getfixturevalue(who)
    if who == "bob":
        grant(corpus, user)
    (failed,) = queued(corpus, erin, 1, state=State.FAILED, error_code="ingestion-failed")
    source = Source.objects.create(corpus=corpus, kind=Source.Kind.FOLDER, address="/srv/rules")
    for verb in (pause_corpus, resume_corpus, retry_failed):
        with pytest.raises(NotFound):
            verb(by=user, corpus=corpus)
    with pytest.raises(NotFound):
        retry_failed(by=user, source=source)
    assert retry_failed(by=user) == 0
    failed.refresh_from_db()
    assert failed.state == State.FAILED


# --- trying again -----------------------------------------------------------------------------


def test_what_failed_in_a_corpus_or_from_a_source_is_tried_again_where_that_can_help(
    corpus, organisation, erin, alice
):
    gone = {"state": State.FAILED, "error_code": "ingestion-failed", "attempts": 4}
    source = Source.objects.create(corpus=corpus, kind=Source.Kind.FOLDER, address="/srv/rules")
    here = make_version(make_document(corpus, "A"), **gone)
    from_source = make_version(make_document(corpus, "B", source=source), **gone)
    hopeless = make_version(make_document(corpus, "C"), **{**gone, "error_code": "file-corrupt"})
    replaced = make_version(make_document(corpus, "D"), **gone)
    make_version(replaced.document, State.READY)
    elsewhere = make_version(make_document(make_corpus(organisation, "Other")), **gone)
    assert retry_failed(by=erin, source=source) == 1
    assert retry_failed(by=erin, corpus=corpus) == 1
    assert retry_failed(by=erin) == 0
    states = [
        DocumentVersion.objects.get(pk=one.pk).state
        for one in (here, from_source, hopeless, replaced, elsewhere)
    ]
    assert states == [State.QUEUED, State.QUEUED, State.FAILED, State.FAILED, State.FAILED]
    assert DocumentVersion.objects.get(pk=here.pk).attempts == 0
    assert retry_failed(by=alice) == 1


# --- while a child reads ----------------------------------------------------------------------


@pytest.mark.parametrize("says", [True, False], ids=["between pages", "in silence"])
@pytest.mark.parametrize("verb", ["cancel", "pause"])
def test_a_child_that_reads_is_ended_when_its_file_is_no_longer_wanted(
    says, verb, corpus, alice, monkeypatch
):
    version = make_version(make_document(corpus), media_type="text/plain", created_by=alice)
    monkeypatch.setattr(leases, "LOOK_S", 0.0)
    lived = []

    def child(_request, _on_count, on_wait, *_rest):
        try:
            yield ExtractedPage(number=1, text="One.")
            if verb == "cancel":
                version_services.cancel_version(by=alice, version=version)
            else:
                pause_corpus(by=alice, corpus=corpus)
            if not says:
                on_wait()
            yield ExtractedPage(number=2, text="Two.")
            lived.append("went on")
        finally:
            lived.append("ended")

    monkeypatch.setattr(steps, "extract_in_child", child)
    ingestion.work_off_queue()
    version.refresh_from_db()
    assert lived == ["ended"]
    assert version.state == (State.CANCELLED if verb == "cancel" else State.QUEUED)
    assert version.pages.count() == 0


# --- the worker's end -------------------------------------------------------------------------


def test_a_worker_that_is_told_to_end_gives_its_file_back_at_once(corpus, alice, monkeypatch):
    version = upload(alice, corpus, "leave.md", "25 days of annual leave.")
    upload(alice, corpus, "next.md", "Two days a week.")
    original = indexing.chunk_pages
    seen = []

    def ending(*args):
        leases.end_work()  # as at SIGTERM
        version.refresh_from_db()
        seen.append((version.state, version.step, version.attempts, version.lease_owner))
        return original(*args)

    monkeypatch.setattr(indexing, "chunk_pages", ending)
    try:
        assert not ingestion.work_off_queue()
    finally:
        leases.begin_work()
    assert seen == [(State.QUEUED, Step.CHUNK, 0, "")]
    assert states() == [(State.QUEUED, 0)] * 2  # and nothing more was taken


def test_ending_leaves_alone_what_another_worker_holds(corpus, alice):
    (others,) = queued(corpus, alice, 1)
    leases.claim(others.pk, "another:1")
    try:
        leases.end_work()
    finally:
        leases.begin_work()
    others.refresh_from_db()
    assert others.state == State.RUNNING


def test_deleted_documents_wait_for_nobody(corpus, alice):
    queued(corpus, alice, 1)
    Document.objects.update(deleted_at=timezone.now())
    assert not queueing.someone_waits()
    assert take() is None


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_extended_beside_work_that_says_nothing(corpus, alice, monkeypatch):
    monkeypatch.setattr(leases, "BEAT_S", 0.01)
    version = upload(alice, corpus, "leave.md", "25 days of annual leave.")
    owner = leases.new_owner()
    leases.claim(version.pk, owner)
    rows = DocumentVersion.objects.filter(pk=version.pk)
    first = rows.get().lease_until
    run = leases.Run(version=version, owner=owner, generation=None, index=None)
    with leases.beating(run):
        for _look in range(500):
            if rows.get().lease_until > first:
                break
            time.sleep(0.02)
        assert rows.get().lease_until > first
        version_services.cancel_version(by=alice, version=version)
    with pytest.raises(leases.LeaseLost):
        run.update()
    assert rows.get().state == State.CANCELLED
