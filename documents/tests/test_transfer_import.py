"""A corpus comes in as it is elsewhere, and goes on finding the same."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from documents import approved
from documents.models import (
    ApprovedAnswer,
    Chunk,
    Corpus,
    Document,
    DocumentVersion,
    Page,
    Source,
)
from documents.retrieval import SearchScope, search
from documents.tests.approved import approve
from documents.tests.transfer import (
    REPLACED_ON,
    SETTINGS,
    as_file,
    corpus,
    minimal_zip,
    moved,
    take_turns,
    zipped_corpus,
)
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
