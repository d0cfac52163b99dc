from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from documents import tasks
from documents.adapters.registry import get_index
from documents.generations import live_generation
from documents.models import DocumentVersion
from documents.retrieval import search
from documents.tests.builders import make_corpus
from documents.tests.pipeline import bring_online

State = DocumentVersion.State


@pytest.fixture
def corpus(organisation, alice):
    return make_corpus(organisation, "Rules")


def test_a_lost_index_is_built_anew_from_the_database(alice, corpus, monkeypatch):
    version = bring_online(alice, corpus, "leave.md", "Employees have 25 days of annual leave.\n")
    generation = live_generation()
    get_index(generation.pk, generation.dimensions).delete_version(version.pk)
    assert search(alice, "annual leave").passages == ()
    version.file.storage.delete(version.file.name)  # it is not needed

    said = StringIO()
    call_command("reindex", stdout=said)
    assert said.getvalue().startswith("1 documents queued")

    monkeypatch.setattr(tasks.ingest_document, "delay", tasks.ingest_document)
    tasks.sweep_ingestion()
    version.refresh_from_db()
    assert (version.state, version.live) == (State.READY, True)
    assert "25 days" in search(alice, "annual leave").passages[0].text


def test_a_failed_file_is_left_as_it_is(alice, corpus):
    version = bring_online(alice, corpus, "leave.md", "Annual leave.\n")
    DocumentVersion.objects.filter(pk=version.pk).update(state=State.FAILED)
    call_command("reindex", stdout=StringIO())
    version.refresh_from_db()
    assert version.state == State.FAILED
