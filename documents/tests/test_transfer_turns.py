"""What becomes of a corpus on its way in when something goes otherwise."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from common.errors import InvalidInput, NotAllowed
from documents.ingestion import ingest
from documents.models import Corpus, DocumentVersion, Source, SourceEntry
from documents.sources.gathering import gather
from documents.sources.services import cancel_look
from documents.tests.clamd import running_clamd
from documents.tests.transfer import as_file, changed_zip, minimal_zip, moved, several, take_turns
from documents.transfer import unpacking
from documents.transfer.importing import import_corpus
from documents.version_services import retry_version

__all__ = ["several"]


def test_what_is_attached_stays_attached(dana, several):
    arrived = moved(dana, several, read=False)
    assert arrived.documents.get(source_path="2.txt").parent.source_path == "1.txt"


def test_a_file_that_is_refused_here_stops_no_other_and_is_listed(dana, several):
    def lies(manifest):
        manifest["documents"][2]["versions"][0]["file_name"] = "3.pdf"

    arrived = moved(dana, changed_zip(several, lies), read=False)
    paths = arrived.documents.order_by("source_path").values_list("source_path", flat=True)
    assert list(paths) == ["1.txt", "2.txt", "4.txt"]
    [entry] = SourceEntry.objects.filter(source__corpus=arrived, state="refused")
    assert (entry.error_code, entry.path) == ("file-type-mismatch", "files/3/1/text.txt")
    assert "3.pdf" in entry.error_sentence


def test_files_wait_while_the_virus_scanner_is_silent(dana, settings):
    with running_clamd() as daemon:
        settings.CLAMAV_HOST, settings.CLAMAV_PORT = daemon.server_address
        source = import_corpus(by=dana, file=as_file(minimal_zip()))
        daemon.answer = b"what?\0"
        take_turns(source, read=False)
        assert (source.state, source.progress_done) == (Source.State.QUEUED, 0)
        assert not source.entries.exists()
        daemon.answer = b""
        take_turns(source, read=False)
    assert source.corpus.documents.count() == 1


def test_an_earlier_file_that_failed_here_is_tried_again_beside_the_newer_one(dana, several):
    def is_earlier(manifest):
        first, second = manifest["documents"][2:]
        replaced = {**first["versions"][0], "live": False, "replaced_on": "2026-01-02"}
        second["versions"] = [replaced, {**second["versions"][0], "took_over_on": "2026-01-02"}]
        del manifest["documents"][2]
        second["number"] = 3

    arrived = moved(dana, changed_zip(several, is_earlier), read=False)
    earlier, newer = arrived.documents.get(source_path="4.txt").versions.order_by("created_at")
    ingest(newer.pk)
    DocumentVersion.objects.filter(pk=earlier.pk).update(
        state="failed", error_code="ingestion-failed"
    )
    earlier.refresh_from_db()
    assert retry_version(by=dana, version=earlier)
    ingest(earlier.pk)
    states = arrived.documents.get(source_path="4.txt").versions.order_by("created_at")
    assert list(states.values_list("state", "live")) == [("ready", False), ("ready", True)]


def test_a_name_that_exists_is_refused_and_another_may_be_given(dana):
    moved(dana, minimal_zip(), read=False)
    with pytest.raises(InvalidInput) as caught:
        import_corpus(by=dana, file=as_file(minimal_zip()))
    assert caught.value.params["field"] == "name"
    assert Corpus.objects.count() == 1
    source = import_corpus(by=dana, file=as_file(minimal_zip()), name="  Rules   again ")
    assert source.corpus.name == "Rules again"


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_who_may_not_create_a_corpus_takes_none_in(who, request, organisation):
    with pytest.raises(NotAllowed):
        import_corpus(by=request.getfixturevalue(who), file=as_file(minimal_zip()))
    assert not Corpus.objects.exists()


def test_a_right_that_is_taken_away_ends_it(dana, several, monkeypatch):
    monkeypatch.setattr(unpacking, "DOCUMENTS_PER_TURN", 1)
    source = import_corpus(by=dana, file=as_file(several))
    assert gather(source.pk).more
    type(dana).objects.filter(pk=dana.pk).update(is_active=False)
    take_turns(source, read=False)
    assert (source.state, source.error_code) == (Source.State.FAILED, "source-right-lost")
    assert source.corpus.documents.count() == 1


@pytest.mark.parametrize("at", [0, 1, 3])
def test_a_worker_that_dies_is_followed_by_one_that_goes_on(at, dana, several, monkeypatch):
    source = import_corpus(by=dana, file=as_file(several))
    done = []
    really = unpacking.store_version

    def dies(**options):
        if len(done) == at:
            raise KeyboardInterrupt
        done.append(options["pk"])
        return really(**options)

    with monkeypatch.context() as patch:
        patch.setattr(unpacking, "store_version", dies)
        with pytest.raises(KeyboardInterrupt):
            gather(source.pk)
    assert source.corpus.documents.count() == at
    Source.objects.filter(pk=source.pk).update(state=Source.State.QUEUED, lease_owner="")
    take_turns(source, read=False)
    versions = DocumentVersion.objects.filter(document__corpus=source.corpus)
    assert versions.count() == versions.values("sha256").distinct().count() == 4


def test_an_import_that_is_cancelled_brings_no_more(dana, several, monkeypatch):
    monkeypatch.setattr(unpacking, "DOCUMENTS_PER_TURN", 1)
    source = import_corpus(by=dana, file=as_file(several))
    assert gather(source.pk).more
    cancel_look(by=dana, source=source)
    take_turns(source)
    assert source.state == Source.State.CANCELLED
    assert source.corpus.documents.count() == 1


def test_the_command_takes_a_corpus_in(dana, tmp_path, capsys):
    (tmp_path / "rules.zip").write_bytes(minimal_zip())
    call_command("import_corpus", str(tmp_path / "rules.zip"), by=dana.email, name="Moved")
    assert "Moved (moved): 1 files" in capsys.readouterr().out
    assert Source.objects.get().address == "rules.zip"
    (tmp_path / "rules.zip").write_bytes(b"no zip")
    with pytest.raises(CommandError, match="no corpus that Cassandre"):
        call_command("import_corpus", str(tmp_path / "rules.zip"), by=dana.email)
    with pytest.raises(CommandError, match="nobody with the address"):
        call_command("import_corpus", str(tmp_path / "rules.zip"), by="nobody@example.org")
