"""Whose file is next, corpora that wait, and a service that fails them all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ai.errors import ModelRequestRefused, ModelTimedOut, ModelUnavailable
from common.errors import NotAllowed, NotFound, Unavailable
from documents import indexing, ingestion, leases, outages, queueing, steps, version_services
from documents.generations import live_generation
from documents.models import (
    Document,
    DocumentVersion,
    IndexGeneration,
    IngestionPause,
    Page,
    Source,
)
from documents.queue_selectors import ingestion_pause
from documents.queue_services import (
    pause_corpus,
    resume_corpus,
    retry_failed,
    try_ingestion_now,
)
from documents.tests.builders import grant, make_corpus, make_document, make_version

State = DocumentVersion.State
Step = DocumentVersion.Step


@pytest.fixture
def corpus(organisation, alice, erin):
    made = make_corpus(organisation, "Rules")
    grant(made, erin, "curate")
    return made


def queued(corpus, by, count, **fields):
    """As many files of one person as rows alone, the oldest first."""
    document = make_document(corpus, f"Of {by}")
    begin = timezone.now() - timedelta(hours=1)
    rows = [
        DocumentVersion(
            document=document,
            created_by=by,
            file_name=f"{number}.txt",
            media_type="text/plain",
            bytes=1,
            sha256=f"{number:064}",
            **fields,
        )
        for number in range(count)
    ]
    made = DocumentVersion.objects.bulk_create(rows)
    for number, row in enumerate(made):
        row.created_at = begin + timedelta(seconds=number)
    DocumentVersion.objects.bulk_update(made, ["created_at"], batch_size=200)
    return made


def upload(by, corpus, name, text):
    """A file that was read already: what comes next needs no child process."""
    version = make_version(
        make_document(corpus, name, source_path=name),
        step=Step.CHUNK,
        created_by=by,
        language="en",
        page_count=1,
        media_type="text/plain",
    )
    Page.objects.create(version=version, number=1, text=text)
    return version


def take():
    taken = queueing.take_next(leases.new_owner())
    return taken and DocumentVersion.objects.get(pk=taken.version)


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


def counted_steps(monkeypatch):
    done = []

    def counting(step, work):
        def run(run):
            done.append(str(step))
            work(run)

        return run

    counted = [(step, counting(step, work)) for step, work in steps._STEPS]
    monkeypatch.setattr(steps, "_STEPS", counted)
    return done


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


# --- a service that fails them all ------------------------------------------------------------


class Server:
    """An embedding model that fails as it is told."""

    model, dimensions = "test", 3

    def __init__(self):
        self.error = None
        self.only_for = ""
        self.asked = 0

    def embed_passages(self, texts):
        self.asked += 1
        if self.error is not None and any(self.only_for in text for text in texts):
            raise self.error
        return [(1.0, 0.0, 0.0)] * len(texts)


@pytest.fixture
def server(db, monkeypatch):
    made = Server()
    IndexGeneration.objects.filter(pk=live_generation().pk).update(dimensions=made.dimensions)
    monkeypatch.setattr("documents.indexing.embedder_of", lambda _generation: made)
    monkeypatch.setattr("documents.outages.embedder_of", lambda _generation: made)
    return made


def pass_the_wait():
    IngestionPause.objects.update(next_try_at=timezone.now())


def states():
    rows = DocumentVersion.objects.order_by("created_at")
    return [(row.state, row.attempts) for row in rows]


@pytest.mark.parametrize("error", [ModelTimedOut(), ModelUnavailable()])
def test_a_failing_embedding_server_makes_all_files_wait_and_fails_none(
    error, corpus, alice, server, monkeypatch
):
    for number in range(4):
        upload(alice, corpus, f"{number}.txt", f"Rule {number} of the house.")
    done = counted_steps(monkeypatch)
    server.error = error
    ingestion.work_off_queue()
    assert states() == [(State.QUEUED, 0)] * 4
    pause = ingestion_pause(alice)
    assert pause.error_code == "embedding-failed"
    assert error.code in pause.error_sentence
    assert pause.next_try_at > timezone.now()
    assert done.count("chunk") == 1  # nobody else has begun
    for _try in range(6):  # more than any file has attempts
        pass_the_wait()
        ingestion.work_off_queue()
    assert states() == [(State.QUEUED, 0)] * 4
    assert done.count("chunk") == 1  # the one that failed tries again, at its step
    server.error = None
    pass_the_wait()
    ingestion.work_off_queue()
    assert states() == [(State.READY, 1)] * 4
    assert ingestion_pause(alice) is None
    assert done.count("chunk") == 4


def test_each_try_is_later_than_the_one_before(corpus, alice, server):
    upload(alice, corpus, "1.txt", "Rule one.")
    server.error = ModelTimedOut()
    ingestion.work_off_queue()
    waits = []
    for minutes in (1, 2, 60):
        began = timezone.now() - timedelta(minutes=minutes)
        IngestionPause.objects.update(since=began, next_try_at=timezone.now())
        ingestion.work_off_queue()
        waits.append(IngestionPause.objects.get().next_try_at - timezone.now())
    assert waits[0] < waits[1] < waits[2] <= queueing.LONGEST_WAIT


def test_a_server_that_refuses_one_files_text_makes_nobody_else_wait(corpus, alice, server):
    poisoned = upload(alice, corpus, "1.txt", "Poison for the model.")
    upload(alice, corpus, "2.txt", "Rule two.")
    server.error, server.only_for = ModelRequestRefused(), "Poison"
    ingestion.work_off_queue()
    assert states() == [(State.QUEUED, 1), (State.READY, 1)]
    assert ingestion_pause(alice) is None
    for _attempt in range(leases.MAX_ATTEMPTS):
        DocumentVersion.objects.update(enqueue_at=None)
        ingestion.work_off_queue()
    poisoned.refresh_from_db()
    assert (poisoned.state, poisoned.error_code) == (State.FAILED, "model-request-refused")


def test_a_file_that_tries_the_service_and_is_itself_at_fault_lets_the_others_go_on(
    corpus, alice, server
):
    upload(alice, corpus, "1.txt", "Poison for the model.")
    upload(alice, corpus, "2.txt", "Rule two.")
    server.error = ModelUnavailable()
    ingestion.work_off_queue()
    server.only_for = "Poison"  # works again, but not for this one
    pass_the_wait()
    ingestion.work_off_queue()
    assert states() == [(State.QUEUED, 1), (State.READY, 1)]
    assert ingestion_pause(alice) is None


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(28, "No space left on device"), "storage-full"),
        (Unavailable(component="S3"), "unavailable"),
    ],
)
def test_a_store_that_fails_makes_all_files_wait(error, code, corpus, alice, monkeypatch):
    upload(alice, corpus, "1.txt", "Rule one.")

    def broken(*_args):
        raise error

    monkeypatch.setattr(ingestion, "get_index", broken)
    ingestion.work_off_queue()
    assert states() == [(State.QUEUED, 0)]
    assert ingestion_pause(alice).error_code == code


@pytest.mark.parametrize("works", [False, True])
def test_an_index_server_is_asked_whether_it_fails_this_file_alone(
    works, corpus, alice, monkeypatch
):
    upload(alice, corpus, "1.txt", "Rule one.")

    def unavailable(*_args):
        raise Unavailable(component="Qdrant")

    monkeypatch.setattr(steps, "index_version", lambda *_args, **_options: unavailable())
    if not works:
        monkeypatch.setattr(outages, "get_index", unavailable)
    ingestion.work_off_queue()
    assert states() == [(State.QUEUED, 1 if works else 0)]
    assert (ingestion_pause(alice) is None) == works


def test_a_try_that_comes_to_nothing_is_made_by_the_next_file(corpus, alice, server):
    first = upload(alice, corpus, "1.txt", "Rule one.")
    upload(alice, corpus, "2.txt", "Rule two.")
    server.error = ModelTimedOut()
    ingestion.work_off_queue()
    version_services.cancel_version(by=alice, version=first)
    server.error = None
    assert try_ingestion_now(by=alice)
    ingestion.work_off_queue()
    assert states() == [(State.CANCELLED, 0), (State.READY, 1)]
    assert not try_ingestion_now(by=alice)


def test_why_files_wait_is_told_to_curators_alone(corpus, alice, erin, bob, charlie):
    grant(corpus, bob)
    queueing.pause_for(Unavailable(component="Qdrant"))
    for curator in (alice, erin):
        assert "Qdrant" in ingestion_pause(curator).error_sentence
        assert try_ingestion_now(by=curator)
    for other in (bob, charlie):
        assert ingestion_pause(other) is None
        with pytest.raises(NotAllowed):
            try_ingestion_now(by=other)


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
