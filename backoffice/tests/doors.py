"""Every URL of the back office with a request that would do something, had one the right to.

A URL that is not in the table fails `test_every_url_is_in_the_table`, so that none is forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Organisation, Team, User
from accounts.tests.cast import make_person, make_team
from backups.models import BackupRecord
from chat.enquiries import send_enquiry
from chat.models import Enquiry, TurnLog
from chat.tests.turns import log_turn, make_replay
from common import maintenance
from documents.generations import new_generation
from documents.models import (
    ApprovedAnswer,
    Corpus,
    CorpusGrant,
    Document,
    DocumentVersion,
    GlossaryEntry,
    IndexGeneration,
    IngestionPause,
    Source,
    SourceEntry,
)
from documents.tests import files
from documents.tests.builders import (
    failed_document,
    grant,
    make_document,
    make_version,
    ready_document,
)
from documents.tests.transfer import minimal_zip
from evaluation.models import MeasuredRun, Question, QuestionSet

PASSWORD = "sesame"

LISTS = "lists"  # opens for any curator, showing their own rows alone
CURATORS = "curators"  # of the corpus that the request is about
ADMINS = "admins"
OPERATORS = "operators"  # of the installation: administrators of its only organisation


@dataclass(frozen=True, slots=True)
class Door:
    who: str
    kwargs: dict[str, Any] = field(default_factory=dict)
    post: dict[str, Any] | None = None  # None: opened by GET
    is_file: bool = False  # then by HEAD, so that nobody has to read it to its end

    def knock(self, name: str, client: Client) -> HttpResponseBase:
        url = reverse(f"backoffice:{name}", kwargs=self.kwargs)
        if self.post is None:
            return client.head(url) if self.is_file else client.get(url)
        return client.post(url, self.post)


@dataclass(frozen=True, slots=True)
class House:
    """What there is to break into: one corpus of alice's organisation, its people, its rows."""

    corpus: Corpus
    online: Document
    failed: DocumentVersion
    locked: DocumentVersion
    earlier: DocumentVersion
    running: DocumentVersion
    deleted: Document
    grant: CorpusGrant
    entry: GlossaryEntry
    person: User
    team: Team
    turn: TurnLog
    replay: TurnLog
    enquiry: Enquiry
    approved: ApprovedAnswer
    question: Question
    run: MeasuredRun
    generation: IndexGeneration
    source: Source
    looking: Source


def build_house(organisation: Organisation, corpus: Corpus) -> House:
    deleted = ready_document(corpus, title="Secret draft")
    Document.objects.filter(pk=deleted.pk).update(deleted_at=deleted.created_at)
    running = ready_document(corpus, title="Secret plan")
    person = make_person(organisation, "Gaston")
    team = make_team(organisation, "Secret team", person)
    online = ready_document(corpus, title="Secret guide", pages=["Secret words."])
    turn = log_turn(person, [online], "Secret question?")
    BackupRecord.objects.create(
        name="Secret", target="/Secret", state="done", finished_at=timezone.now()
    )
    maintenance.begin("closed", starts_at=timezone.now() + timedelta(days=1))
    IngestionPause.objects.create(
        error_code="model-unavailable", since=timezone.now(), next_try_at=timezone.now()
    )
    return House(
        corpus=corpus,
        online=online,
        failed=failed_document(corpus, title="Secret scan", code="ingestion-failed").versions.get(),
        locked=make_version(
            make_document(corpus, "Secret safe"),
            DocumentVersion.State.FAILED,
            content=files.locked_pdf(PASSWORD, "Secret words."),
            error_code="file-encrypted",
            error_params={"file": "safe.pdf"},
        ),
        earlier=make_version(online, DocumentVersion.State.READY, page_count=1),
        running=make_version(running, DocumentVersion.State.RUNNING),
        deleted=deleted,
        grant=grant(corpus, team),
        entry=corpus.glossary.create(term="SW", expansions=["Secret wording"]),
        person=person,
        team=team,
        turn=turn,
        replay=make_replay(turn, person, text="Secret answer.", status="streaming"),
        enquiry=make_enquiry(turn, person),
        approved=make_approved(corpus),
        question=make_question(corpus, online),
        run=make_run(corpus),
        generation=make_generation(),
        source=make_source(corpus),
        looking=Source.objects.create(corpus=corpus, kind="page", address="https://Secret/"),
    )


def make_source(corpus: Corpus) -> Source:
    """At rest, with a file that it has no more, whose document is still searched."""
    source = Source.objects.create(
        corpus=corpus,
        kind=Source.Kind.FOLDER,
        address="/srv/Secret",
        state=Source.State.CANCELLED,
        finished_at=timezone.now(),
    )
    gone = ready_document(corpus, title="Secret memo", pages=["Secret memo."])
    Document.objects.filter(pk=gone.pk).update(source=source, vanished_at=timezone.now())
    source.entries.create(
        path="Secret.pdf",
        document=gone,
        state=SourceEntry.State.VANISHED,
        seen_at=timezone.now(),
    )
    return source


def make_generation() -> IndexGeneration:
    """One that was live and is kept: it can be compared, brought back and removed."""
    generation = new_generation(IndexGeneration.State.RETIRED)
    generation.built_at = generation.retired_at = timezone.now()
    generation.save()
    return generation


def make_question(corpus: Corpus, document: Document) -> Question:
    kept = QuestionSet.objects.create(corpus=corpus, name="Secret set")
    question = Question.objects.create(question_set=kept, number=1, text="Secret wish?")
    question.expected.create(document=document, page=1)
    return question


def make_run(corpus: Corpus) -> MeasuredRun:
    """One that is over, so that another can be begun."""
    return MeasuredRun.objects.create(
        question_set=corpus.question_sets.get(), threshold=0.35, state=MeasuredRun.State.FAILED
    )


def make_approved(corpus: Corpus) -> ApprovedAnswer:
    return ApprovedAnswer.objects.create(
        corpus=corpus,
        question="Secret agreement?",
        text="Secret terms.",
        status=ApprovedAnswer.Status.APPROVED,
    )


def make_enquiry(turn: TurnLog, person: User) -> Enquiry:
    """What the person would have sent while they could read the corpus."""
    assert turn.answer_id is not None
    enquiry = send_enquiry(person, turn.answer_id, kind="wrong", note="Secret note")
    enquiry.corpora.set(turn.corpora.all())
    return enquiry


def doors_of(house: House) -> dict[str, Door]:
    corpus, document = {"corpus": house.corpus.pk}, {"document": house.online.pk}
    person, team = {"person": house.person.pk}, {"team": house.team.pk}
    ids = {"document": [str(house.online.pk)]}
    days = {"valid_from": "2020-01-01", "valid_until": "2020-12-31"}
    right = {"who": f"person:{house.person.pk}", "right": "curate"}
    new_corpus = {"name": "New", "language": "en", "passages_read": 6, "visibility": "granted"}
    file = SimpleUploadedFile("notes.txt", b"Some words to read.", content_type="text/plain")
    wishes = SimpleUploadedFile("wishes.csv", b"Why?;;;no", content_type="text/csv")
    moved = SimpleUploadedFile("moved.zip", minimal_zip(), content_type="application/zip")
    kept = {**corpus, "question_set": house.question.question_set_id}
    glossary = SimpleUploadedFile("words.csv", b"RTT;rest days", content_type="text/csv")
    someone = {"name": "Someone", "role": Membership.Role.ADMIN}
    turn = {"answer": house.turn.answer_id}
    again = {"id": "11111111-1111-4111-8111-111111111111", "change": "passages", "passages": 2}
    enquiry = {"enquiry": house.enquiry.pk}
    approved = {"approved": house.approved.pk}
    generation = {"generation": house.generation.pk}
    source = {**corpus, "source": house.source.pk}
    page = {"kind": "page", "address": "https://www.example.org/", "every_hours": "24"}
    agreed = {
        "question": "Why?",
        "text": "Because.",
        "corpus": str(house.corpus.pk),
        "language": "en",
        "owner": str(house.person.pk),
        "review_on": "2030-01-01",
    }
    account = {"email": "new@example.org", "password": "", **someone}
    return {
        "overview": Door(LISTS),
        "corpora": Door(LISTS),
        "corpora_export": Door(LISTS),
        "corpus_new": Door(LISTS, post=new_corpus),
        "corpus": Door(CURATORS, corpus, {**new_corpus, "name": "Taken over"}),
        "corpus_import": Door(LISTS, post={"transfer-file": moved}),
        "corpus_download": Door(CURATORS, corpus),
        "corpus_people": Door(CURATORS, corpus, right),
        "corpus_revoke": Door(CURATORS, {**corpus, "grant": house.grant.pk}, {}),
        "corpus_documents": Door(CURATORS, corpus),
        "corpus_glossary": Door(CURATORS, corpus, {"term": "RTT", "expansions": "rest days"}),
        "corpus_glossary_import": Door(CURATORS, corpus, {"file": glossary}),
        "corpus_glossary_export": Door(CURATORS, corpus),
        "corpus_glossary_remove": Door(CURATORS, {**corpus, "entry": house.entry.pk}, {}),
        "corpus_sources": Door(CURATORS, corpus, page),
        "corpus_sources_export": Door(CURATORS, corpus),
        "corpus_sources_rows": Door(CURATORS, corpus),
        "corpus_source": Door(CURATORS, source),
        "corpus_source_export": Door(CURATORS, source),
        "corpus_source_look": Door(CURATORS, source, {}),
        "corpus_source_cancel": Door(CURATORS, {**corpus, "source": house.looking.pk}, {}),
        "corpus_source_schedule": Door(CURATORS, source, {"every_hours": "24"}),
        "corpus_source_remove": Door(CURATORS, source, {"documents": "delete"}),
        "corpus_source_clear": Door(CURATORS, source, {}),
        "corpus_questions": Door(CURATORS, corpus, {"name": "Another set"}),
        "corpus_set": Door(CURATORS, kept, {"text": "Who?", "answerable": "on"}),
        "corpus_set_import": Door(CURATORS, kept, {"file": wishes}),
        "corpus_set_export": Door(CURATORS, kept),
        "corpus_set_delete": Door(CURATORS, kept, {"confirmation": "Secret set"}),
        "corpus_set_measure": Door(CURATORS, kept, {}),
        "corpus_set_threshold": Door(CURATORS, kept, {"threshold": "0.8"}),
        "corpus_set_progress": Door(CURATORS, {**kept, "run": house.run.pk}),
        "corpus_set_remove": Door(CURATORS, {**kept, "question": house.question.pk}, {}),
        "corpus_pause": Door(CURATORS, corpus, {}),
        "corpus_resume": Door(CURATORS, corpus, {}),
        "documents": Door(LISTS),
        "documents_try": Door(LISTS, post={}),
        "documents_export": Door(LISTS),
        "upload": Door(CURATORS, post={"corpus": str(house.corpus.pk), "file": file}),
        "documents_archives": Door(LISTS),
        "work": Door(LISTS),
        "documents_delete": Door(CURATORS, post=ids),
        "documents_restore": Door(CURATORS, post={"document": [str(house.deleted.pk)]}),
        "documents_retry": Door(CURATORS, post={"document": [str(house.failed.document_id)]}),
        "documents_cancel": Door(CURATORS, post={"document": [str(house.running.document_id)]}),
        "document": Door(CURATORS, document),
        "document_pages": Door(CURATORS, document),
        "version_file": Door(CURATORS, {"version": house.failed.pk}, is_file=True),
        "version_unlock": Door(CURATORS, {"version": house.locked.pk}, {"password": PASSWORD}),
        "version_restore": Door(CURATORS, {"version": house.earlier.pk}, {}),
        "document_rename": Door(CURATORS, document, {"title": "Taken over"}),
        "documents_validity": Door(CURATORS, post={**ids, **days}),
        "document_hints": Door(CURATORS, document, {"hints": "page 1: Taken over"}),
        "document_validity": Door(CURATORS, document, days),
        "document_purge": Door(
            CURATORS, {"document": house.deleted.pk}, {"confirmation": house.deleted.title}
        ),
        "version_retry": Door(CURATORS, {"version": house.failed.pk}, {}),
        "version_cancel": Door(CURATORS, {"version": house.running.pk}, {}),
        "turns": Door(LISTS),
        "turns_export": Door(LISTS),
        "turn": Door(CURATORS, turn),
        "turn_replay": Door(CURATORS, turn, again),
        "turn_result": Door(CURATORS, {**turn, "replay": house.replay.pk}),
        "turn_stop": Door(CURATORS, {**turn, "replay": house.replay.pk}, {}),
        "inbox": Door(LISTS),
        "inbox_export": Door(LISTS),
        "enquiry": Door(CURATORS, enquiry),
        "enquiry_reply": Door(CURATORS, enquiry, {"reply": "Because."}),
        "enquiry_state": Door(CURATORS, enquiry, {"action": "close"}),
        "approved": Door(LISTS),
        "approved_export": Door(LISTS),
        "approved_new": Door(LISTS, post=agreed),
        "approved_answer": Door(CURATORS, approved, agreed),
        "approved_state": Door(CURATORS, approved, {"action": "retire"}),
        "workbench": Door(LISTS),
        "index": Door(OPERATORS),
        "index_progress": Door(OPERATORS),
        "index_build": Door(OPERATORS, post={}),
        "index_compare": Door(OPERATORS, generation, {}),
        "index_change": Door(OPERATORS, {**generation, "action": "back"}, {}),
        "backups": Door(OPERATORS),
        "maintenance": Door(OPERATORS, post={"level": "read-only", "message": "Secret"}),
        "maintenance_end": Door(OPERATORS, post={}),
        "people": Door(ADMINS),
        "people_export": Door(ADMINS),
        "person_new": Door(ADMINS, post=account),
        "person": Door(ADMINS, person, someone),
        "person_password": Door(ADMINS, person, {"password": "a-long-enough-passphrase"}),
        "person_activity": Door(ADMINS, person, {"active": "no"}),
        "teams": Door(ADMINS),
        "teams_export": Door(ADMINS),
        "team_new": Door(ADMINS, post={"name": "New team"}),
        "team": Door(ADMINS, team, {"name": "Taken over"}),
        "team_delete": Door(ADMINS, team, {"confirmation": house.team.name}),
    }
