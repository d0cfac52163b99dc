"""manage.py ingestion: the board's words at the shell, on rows alone."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override

from common.errors import Unavailable
from documents import queueing
from documents.models import Corpus, DocumentVersion, IngestionPause
from documents.tests.builders import failed_document, make_corpus, make_document, make_version

State = DocumentVersion.State


@pytest.fixture
def corpus(organisation):
    made = make_corpus(organisation, "Rules")
    make_version(make_document(made, "Waiting"), State.QUEUED)
    failed_document(made, title="=Broken")
    make_version(make_document(made, "Lost"), State.FAILED, error_code="ingestion-failed")
    make_version(make_document(made, "Online"), State.READY, live=True)
    failed_document(make_corpus(organisation, "Other"), title="Elsewhere")
    return made


@pytest.fixture(autouse=True)
def index_is_left_alone(monkeypatch):
    """Another process has it."""

    def refuse(*_args):
        raise AssertionError("the index was asked for")

    monkeypatch.setattr("documents.adapters.registry.get_index", refuse)


def run(*arguments):
    out = io.StringIO()
    call_command("ingestion", *arguments, stdout=out)
    return out.getvalue()


def test_the_status_tells_counts_states_and_reasons_as_the_board_does(corpus):
    told = run("status")
    assert "1  Waiting" in told
    assert "3  Failed" in told
    assert "damaged and cannot be opened" in told
    assert "online.pdf" not in told
    with override("fr"):
        assert "En attente" in run("status")


def test_one_corpus_and_one_state_are_chosen(corpus):
    told = json.loads(run("status", "--corpus", "rules", "--state", "failed", "--json"))
    assert [file["file"] for file in told["files"]] == ["broken.pdf", "lost.pdf"]
    assert told["files"][0]["code"] == "file-corrupt"
    assert told["counts"]["failed"] == 2
    assert (told["pause"], told["paused_corpora"]) == (None, [])
    online = json.loads(run("status", "--corpus", "rules", "--state", "online", "--json"))
    assert [file["title"] for file in online["files"]] == ["Online"]


def test_the_newest_version_that_was_not_cancelled_stands_for_its_document(corpus):
    document = make_document(corpus, "Twice")
    make_version(document, State.FAILED, error_code="ingestion-failed")
    make_version(document, State.QUEUED)
    make_version(document, State.CANCELLED)
    given_up = make_document(corpus, "Given up")
    make_version(given_up, State.CANCELLED)
    told = json.loads(run("status", "--corpus", "rules", "--json"))
    assert [file["state"] for file in told["files"] if file["title"] == "Twice"] == ["queued"]
    assert told["counts"]["cancelled"] == 1


def test_as_csv_no_title_is_taken_for_a_formula(corpus):
    rows = list(csv.DictReader(io.StringIO(run("status", "--csv"))))
    assert {row["title"] for row in rows} == {"Waiting", "'=Broken", "Lost", "Elsewhere"}


def test_what_failed_is_tried_again(corpus):
    assert "1 files" in run("retry", "--corpus", "rules")
    states = DocumentVersion.objects.filter(document__corpus=corpus).values_list("state", flat=True)
    assert sorted(states) == ["failed", "queued", "queued", "ready"]


def test_a_corpus_waits_and_goes_on(corpus):
    run("pause", "--corpus", "rules")
    assert not queueing.someone_waits()
    assert "Paused: rules" in run("status")
    run("resume", "--corpus", "rules")
    assert queueing.someone_waits()
    assert Corpus.objects.get(pk=corpus.pk).paused_at is None
    with pytest.raises(CommandError):
        run("pause")


def test_a_service_that_all_files_wait_for_is_named_and_tried_at_once(corpus):
    assert "No service" in run("resume")
    queueing.pause_for(Unavailable(component="Qdrant"))
    assert "All files wait: Qdrant does not answer" in run("status")
    assert json.loads(run("status", "--json"))["pause"]["code"] == "unavailable"
    assert not queueing.someone_waits()
    run("resume")
    assert IngestionPause.objects.exists()
    assert queueing.someone_waits()
