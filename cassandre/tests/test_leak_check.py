"""The nightly look for leaks, with leaks planted one by one."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from cassandre import leak_searches, nightly
from cassandre.leak_check import NAME, last_check, leak_check
from cassandre.management.commands import leak_check as command
from chat import selectors
from chat.models import Conversation
from chat.tests.turns import log_turn
from common.models import PeriodicRun
from documents.errors import IndexLocked
from documents.generations import live_generation
from documents.indexing import target_of
from documents.models import Chunk, Corpus, CorpusGrant, DocumentVersion
from documents.ports import Shown, Standing
from documents.tasks import sweep_index
from documents.tests.builders import grant
from documents.tests.passage_points import point
from documents.tests.pipeline import put_online

pytestmark = pytest.mark.django_db


@pytest.fixture
def leave(handbook, charlie):
    return put_online(handbook, "leave", "Employees have 25 days of annual leave.")


@pytest.fixture
def payroll(foreign_corpus):
    return put_online(foreign_corpus, "payroll", "Salaries are paid on the 28th of each month.")


def kinds() -> dict[str, bool]:
    """What was found, and whether it was mended."""
    return {fault["kind"]: fault["mended"] for fault in leak_check()["faults"]}


def test_where_everybody_finds_what_they_may_nothing_is_found(leave, payroll, bob, charlie):
    result = leak_check()
    assert (result["found"], result["faults"]) == (0, [])
    assert result["people"] == User.objects.count()
    # Two ways for each corpus that is closed to somebody: one to everybody, and both to charlie.
    assert result["searches"] == 2 * (5 + 1)
    assert result["points"] == 4


def test_a_search_that_forgets_rights_is_found_and_logged_without_any_words(
    leave, payroll, monkeypatch, caplog
):
    def everything(user, keys):
        return list(Corpus.objects.filter(pk__in=keys) if keys else Corpus.objects.all())

    def every_row(user, keys, as_of=None):
        chunks = Chunk.objects.select_related("version__document__corpus").in_bulk(list(keys))
        for chunk in chunks.values():
            chunk.page_label = ""
        return chunks

    search, rows = (import_module(f"documents.retrieval.{name}") for name in ("search", "rows"))
    monkeypatch.setattr(search, "readable_corpora_among", everything)
    monkeypatch.setattr(rows, "live_chunks_readable_by", every_row)
    assert kinds() == {"search": False}
    assert "leak-found: search: user" in caplog.text
    assert "annual" not in caplog.text


def test_a_selector_that_says_something_else_than_the_rule_is_found(leave, charlie, monkeypatch):
    monkeypatch.setattr(leak_searches, "corpora_readable_by", lambda user: Corpus.objects.all())
    assert kinds() == {"rights": False}


def test_a_point_that_claims_another_corpus_is_found_and_mended(leave, payroll):
    index = target_of(live_generation()).index
    chunk = Chunk.objects.get(version=payroll)
    stray = point("stray", corpus=leave.document.corpus_id, standing=Standing(Shown.LIVE))
    index.write_chunks(
        [replace(stray, id=chunk.pk, document=payroll.document_id, version=payroll.pk)]
    )
    assert kinds() == {"index": True}
    sweep_index()
    assert kinds() == {}


def test_a_right_that_leads_out_of_the_organisation_is_found(handbook, dana):
    grant(handbook, dana)
    assert kinds() == {"grant": False}


def test_quotes_of_an_old_answer_that_are_shown_after_the_right_went_are_found(
    leave, bob, monkeypatch
):
    log_turn(bob, [leave.document])
    assert kinds() == {}
    CorpusGrant.objects.filter(user=bob).delete()
    assert kinds() == {}, "they are hidden"
    monkeypatch.setattr(selectors, "versions_readable_by", lambda user: DocumentVersion.objects)
    assert kinds() == {"answers": False}


def test_a_conversation_in_another_organisation_is_found(bob, other_organisation):
    Conversation.objects.create(user=bob, organisation=other_organisation)
    assert kinds() == {"conversation": False}


def test_a_session_of_a_closed_account_is_ended(bob, erin):
    sessions = {}
    for person in (bob, erin):
        sessions[person] = Client()
        sessions[person].force_login(person)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert kinds() == {"session": True}
    assert kinds() == {}
    assert not sessions[bob].session.exists(sessions[bob].session.session_key)
    assert sessions[erin].session.exists(sessions[erin].session.session_key)


def checked() -> str:
    said = StringIO()
    call_command("leak_check", stdout=said, stderr=said, wait=0)
    return said.getvalue()


def test_the_command_tells_what_it_found_and_keeps_it_for_the_back_office(leave, handbook, dana):
    assert "Nobody finds what they may not read." in checked()
    assert last_check().result["found"] == 0
    row = grant(handbook, dana)
    with pytest.raises(CommandError, match="1 found"):
        checked()
    assert last_check().result["faults"][0]["what"] == f"grant {row.pk} is to another organisation"


def test_where_another_process_has_the_index_that_one_is_asked(leave, monkeypatch):
    def locked(*_generation):
        raise IndexLocked

    monkeypatch.setattr(command, "get_index", locked)
    with pytest.raises(CommandError, match="did not answer"):
        checked()
    assert PeriodicRun.objects.get(name=NAME).wanted
    # As that process does within a minute.
    assert nightly.next_due([NAME], nightly.timezone.now()) == NAME
    nightly.do(NAME, leak_check)
    assert last_check().result["found"] == 0
