"""A corpus comes in as it is elsewhere, and goes on finding the same."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.management import CommandError, call_command

from common.errors import InvalidInput, NotAllowed
from documents import approved
from documents.ingestion import ingest
from documents.models import (
    ApprovedAnswer,
    Chunk,
    Corpus,
    Document,
    DocumentVersion,
    Page,
    Source,
    SourceEntry,
)
from documents.retrieval import SearchScope, search
from documents.sources.gathering import gather
from documents.sources.services import cancel_look
from documents.tests.approved import approve
from documents.tests.clamd import running_clamd
from documents.tests.transfer import (
    REPLACED_ON,
    SETTINGS,
    as_file,
    changed_zip,
    corpus,
    minimal_zip,
    zipped_corpus,
)
from documents.transfer import unpacking
from documents.transfer.importing import import_corpus

__all__ = ["corpus"]

State = DocumentVersion.State
DAY = timedelta(days=1)
QUESTIONS = (
    "annual leave",
    "How many days of annual leave do employees have?",
    "RTT",
    "supplementary hours",
    "When are salaries paid?",
    "weekly working time",
)


def take_turns(source, *, read=True):
    """All that workers would do, until nothing is left to do; without `read` no file is read."""
    for _turn in range(10):
        while gather(source.pk).more:
            pass
        waiting = DocumentVersion.objects.filter(state=State.QUEUED).order_by("created_at")
        for version in waiting if read else ():
            ingest(version.pk)
        source.refresh_from_db()
        if not read or source.state not in {Source.State.QUEUED, Source.State.RUNNING}:
            return


def moved(by, content, *, read=True):
    source = import_corpus(by=by, file=as_file(content))
    take_turns(source, read=read)
    return source.corpus


def found(user, question, **scope):
    """What a search finds, by names that are the same on both sides, in its order."""
    return [
        (passage.title, passage.page, passage.start, passage.end, passage.text, passage.section)
        for passage in search(user, question, scope=SearchScope(**scope)).passages
    ]


def documents_of(corpus):
    fields = ("title", "source_path", "folder", "hints", "valid_from", "valid_until", "created_at")
    return list(corpus.documents.order_by("source_path").values(*fields))


def versions_of(corpus):
    fields = ("file_name", "sha256", "live", "took_over_on", "replaced_on", "state", "page_count")
    versions = DocumentVersion.objects.filter(document__corpus=corpus)
    return list(versions.order_by("file_name", "sha256").values(*fields))


def pages_of(corpus):
    pages = Page.objects.filter(version__document__corpus=corpus)
    order = ("version__document__source_path", "version__sha256", "number")
    return list(pages.order_by(*order).values_list(*order, "label", "text", "headings"))


def chunks_of(corpus):
    chunks = Chunk.objects.filter(version__document__corpus=corpus)
    order = ("version__document__source_path", "version__sha256", "number")
    return list(chunks.order_by(*order).values_list(*order, "page", "start", "text", "hint"))


def glossary_of(corpus):
    return list(corpus.glossary.values_list("term", "expansions"))


def answers_of(corpus):
    fields = ("question", "text", "language", "status", "reason", "reviewed_at", "review_on")
    rows = corpus.approved_answers.order_by("question")
    passages = ("passages__number", "passages__page", "passages__start", "passages__quote")
    return list(rows.values_list(*fields, *passages, "passages__version__sha256"))


def served(user, question):
    answer = approved.find_approved(user.pk, question)
    assert answer is not None
    passages = [(p.number, p.read.title, p.read.reference, p.read.text) for p in answer.passages]
    return answer.text, answer.reviewed_on, passages


def test_a_corpus_goes_on_elsewhere_as_it_was(alice, dana, corpus):
    notes = corpus.documents.get(source_path="notes.md")
    approve(alice, corpus, [notes], question="How long is a week?", approve=False)
    retired = approve(alice, corpus, [notes], question="Who works?", text="All [1].")
    ApprovedAnswer.objects.filter(pk=retired.pk).update(status="retired")
    arrived = moved(dana, zipped_corpus(alice, corpus))

    for question in QUESTIONS:
        assert found(alice, question), question
        assert found(dana, question) == found(alice, question), question
    for day in (REPLACED_ON - DAY, REPLACED_ON, date(2019, 12, 31)):
        for question in QUESTIONS[:3]:
            assert found(dana, question, as_of=day) == found(alice, question, as_of=day), day
    assert "25 days" in found(dana, "annual leave", as_of=REPLACED_ON - DAY)[0][4]
    assert "30 days" in found(dana, "annual leave")[0][4]
    assert {name: getattr(arrived, name) for name in SETTINGS} == SETTINGS
    for part in (documents_of, versions_of, pages_of, chunks_of, glossary_of, answers_of):
        assert part(arrived) == part(corpus), part.__name__
    assert {answer[3] for answer in answers_of(arrived)} == {"approved", "draft", "retired"}
    question = "How many days of annual leave do employees have?"
    assert served(dana, question) == served(alice, question)


def approved_answer(quote, start):
    passage = {"number": 1, "title": "Rules", "document": 1, "version": 1, "page": 1}
    return {
        "question": "What is there to read?",
        "text": "Words [1].",
        "language": "en",
        "status": "approved",
        "created_at": "2026-01-01T00:00:00Z",
        "reviewed_at": "2026-01-01T00:00:00Z",
        "passages": [{**passage, "start": start, "end": start + len(quote), "quote": quote}],
    }


@pytest.mark.parametrize(
    ("quote", "start", "expected"),
    [
        ("words to read", 5, ("approved", "", 5)),
        ("words to read", 0, ("approved", "", 5)),  # found again
        ("words to hear", 5, ("to_review", "moved", None)),
    ],
)
def test_an_answer_is_given_only_where_its_words_are_found(dana, quote, start, expected):
    arrived = moved(dana, minimal_zip(approved_answers=[approved_answer(quote, start)]))
    [answer] = arrived.approved_answers.all()
    passage = answer.passages.get()
    assert (answer.status, answer.reason, passage.start if passage.version else None) == expected
    assert answer.owner is None


class ObjectStore(Storage):
    """Without paths, as S3 is."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def _open(self, name, mode="rb"):
        return ContentFile(self._objects[name], name=name)

    def _save(self, name, content):
        content.seek(0)
        self._objects[name] = content.read()
        return name

    def exists(self, name):
        return name in self._objects

    def delete(self, name):
        self._objects.pop(name, None)


def test_it_needs_no_file_system_under_the_store(dana, settings):
    in_memory = {"BACKEND": f"{__name__}.ObjectStore"}
    settings.STORAGES = {**settings.STORAGES, "default": in_memory}
    content = minimal_zip("# Working time\n\n38 hours.\n", "notes.md", "Hours")
    arrived = moved(dana, content)
    again = import_corpus(by=dana, file=as_file(zipped_corpus(dana, arrived)), name="Again")
    take_turns(again)
    assert versions_of(again.corpus) == versions_of(arrived)
    assert pages_of(again.corpus) == pages_of(arrived) != []


def test_only_whoever_takes_it_in_may_enter(dana):
    arrived = moved(dana, minimal_zip(), read=False)
    assert arrived.organisation_id == dana.membership.organisation_id
    assert arrived.visibility == Corpus.Visibility.GRANTED
    assert [grant.user for grant in arrived.grants.all()] == [dana]


def test_the_zip_is_kept_until_its_files_are_read(dana):
    source = import_corpus(by=dana, file=as_file(minimal_zip()))
    storage, name = source.file.storage, source.file.name
    take_turns(source, read=False)
    assert (source.state, storage.exists(name)) == (Source.State.QUEUED, True)
    take_turns(source)
    assert (source.state, bool(source.file)) == (Source.State.IDLE, False)
    assert not Document.objects.filter(source=source).exists()


def test_a_title_that_a_curator_gave_is_not_taken_over_by_the_text(dana):
    arrived = moved(dana, minimal_zip("# Working time\n\n38 hours.\n", "notes.md", "notes"))
    assert arrived.documents.get().title == "notes"


def test_a_mail_does_not_bring_back_an_attachment_that_was_deleted(dana):
    arrived = moved(dana, minimal_zip(MAIL, "mail.eml", "Days off"))
    assert arrived.documents.get().versions.get().live


MAIL = """\
From: a@example.org
Subject: Days off
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=edge

--edge
Content-Type: text/plain

The rules are attached.
--edge
Content-Type: text/plain; name=rules.txt
Content-Disposition: attachment; filename=rules.txt

Everybody has days off.
--edge--
"""


@pytest.fixture
def several() -> bytes:
    """Four documents, the second of which is attached to the first."""
    texts = [f"Text {number}. {'word ' * number}" for number in range(1, 5)]
    part = {"created_at": "2026-01-01T00:00:00Z", "title": "Text"}
    documents: list[dict[str, object]] = []
    entries: dict[str, bytes | None] = {"files/1/1/rules.txt": None}
    for number, text in enumerate(texts, start=1):
        entry, content = f"files/{number}/1/text.txt", text.encode()
        entries[entry] = content
        file = {"entry": entry, "file_name": f"{number}.txt", "bytes": len(content), "live": True}
        versions = [{**file, "sha256": hashlib.sha256(content).hexdigest()}]
        named = {"number": number, "source_path": f"{number}.txt", "versions": versions}
        documents.append({**part, **named, "parent": 1 if number == 2 else None})
    return changed_zip(minimal_zip(documents=documents), instead=entries)


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
