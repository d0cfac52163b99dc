from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.utils import timezone

from documents import indexing, tasks
from documents.adapters.registry import get_index
from documents.building import work_off
from documents.generations import live_generation
from documents.models import Document, DocumentVersion, IndexGeneration
from documents.retrieval import search
from documents.tests.builders import make_corpus
from documents.tests.pipeline import bring_online

State = DocumentVersion.State


@pytest.fixture
def corpus(organisation, alice):
    return make_corpus(organisation, "Rules")


@pytest.fixture
def leave(alice, corpus):
    return bring_online(alice, corpus, "leave.txt", "Employees have 25 days of annual leave.\n")


def index():
    generation = live_generation()
    return get_index(generation.pk, generation.dimensions)


def reindex(**options) -> str:
    said = StringIO()
    call_command("reindex", stdout=said, **options)
    return said.getvalue()


def sweep(monkeypatch) -> None:
    """As the running process does, once the marks are old enough."""
    Document.objects.exclude(stale="").update(stale_since=timezone.now() - timedelta(minutes=1))
    monkeypatch.setattr(tasks.refresh_index, "delay", tasks.refresh_index)
    tasks.sweep_ingestion()


def test_a_lost_index_is_built_anew_from_the_database(alice, leave, monkeypatch):
    index().delete_version(leave.pk)
    assert search(alice, "annual leave").passages == ()
    leave.file.storage.delete(leave.file.name)  # it is not needed
    assert reindex().startswith("1 documents marked")
    sweep(monkeypatch)
    leave.refresh_from_db()
    assert (leave.state, leave.live) == (State.READY, True)
    assert "25 days" in search(alice, "annual leave").passages[0].text
    assert not Document.objects.exclude(stale="").exists()


def test_the_search_goes_on_meanwhile(alice, leave, monkeypatch):
    seen = []
    real = indexing.encode_passage

    def encode(*args):
        seen.append(len(search(alice, "annual leave").passages))
        return real(*args)

    monkeypatch.setattr(indexing, "encode_passage", encode)
    reindex()
    assert len(search(alice, "annual leave").passages) == 1
    sweep(monkeypatch)
    assert seen == [1, 1]  # before the passage, before the whole file


def test_one_corpus_is_written_anew_and_others_are_left(alice, organisation, corpus, leave):
    other = make_corpus(organisation, "Travel")
    bring_online(alice, other, "travel.txt", "Travel costs are paid.\n")
    assert reindex(corpus="rules").startswith("1 documents marked")
    assert list(Document.objects.exclude(stale="")) == [leave.document]


def test_a_slug_that_two_organisations_use_needs_the_organisation(
    organisation, other_organisation, corpus, leave
):
    make_corpus(other_organisation, "Rules")
    with pytest.raises(CommandError, match="--organisation"):
        reindex(corpus="rules")
    assert reindex(corpus="rules", organisation="valmont").startswith("1 documents")
    with pytest.raises(CommandError, match="no corpus"):
        reindex(corpus="unknown")


def test_files_that_failed_and_documents_that_were_deleted_are_left(alice, corpus, leave):
    DocumentVersion.objects.filter(pk=leave.pk).update(state=State.FAILED, live=False)
    deleted = bring_online(alice, corpus, "old.txt", "Old rules of the house.\n").document
    Document.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    assert reindex().startswith("0 documents marked")
    leave.refresh_from_db()
    assert leave.state == State.FAILED


def test_the_command_builds_switches_and_finds_its_way_back(leave, settings):
    settings.SPLIT_CHUNK_SIZE = 500
    assert "Passage size: 1000 → 500" in reindex(status=True)
    assert "building" in reindex(new_generation=True)
    old, new = live_generation(), IndexGeneration.objects.get(state="building")
    with pytest.raises(CommandError, match="already"):
        reindex(new_generation=True)
    with pytest.raises(CommandError, match="not complete"):
        reindex(switch=new.pk.hex[:8])
    assert "paused" in reindex(pause=str(new.pk))
    reindex(resume=new.pk.hex[:8])
    work_off(new.pk)
    assert "live      1 of 1 documents" in reindex(switch=new.pk.hex[:8])
    assert live_generation() == new
    reindex(back=old.pk.hex[:8])
    reindex(cancel=old.pk.hex[:8])
    assert old.pk.hex[:8] in reindex(status=True)
    reindex(remove=old.pk.hex[:8])
    with pytest.raises(CommandError, match="not exist"):
        reindex(back=old.pk.hex[:8])


def test_a_check_says_that_the_settings_want_another_index(leave, settings):
    def told() -> list[str]:
        found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
        return [each.msg for each in found if each.id == "documents.W001"]

    assert told() == []
    settings.EMBEDDING_MODEL = "e5"
    assert told() == ["The settings differ from the live index (Embedding model: – → e5)."]
