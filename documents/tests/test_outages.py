"""A service that fails all files: they wait for it, and none fails."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from ai.errors import ModelRequestRefused, ModelTimedOut, ModelUnavailable
from common.errors import NotAllowed, Unavailable
from documents import ingestion, leases, outages, queueing, steps, version_services
from documents.generations import live_generation
from documents.models import DocumentVersion, IndexGeneration, IngestionPause
from documents.queue_selectors import ingestion_pause
from documents.queue_services import try_ingestion_now
from documents.tests.builders import grant, make_corpus
from documents.tests.queued import counted_steps, states, upload

State = DocumentVersion.State


@pytest.fixture
def corpus(organisation, alice, erin):
    made = make_corpus(organisation, "Rules")
    grant(made, erin, "curate")
    return made


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
