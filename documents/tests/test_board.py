"""The curators' board and the verbs behind it; the pages' own tests are in backoffice/tests."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.cast import make_team
from common.errors import NotFound
from documents.board import (
    BoardChoices,
    BoardFilter,
    BoardState,
    board_choices,
    board_documents,
    board_totals,
    counts_by_corpus,
)
from documents.models import Document
from documents.selectors import grants_of_corpus, grants_reaching, standing_of
from documents.services import (
    Grant,
    delete_document,
    grant_corpus,
    purge_document_now,
    rename_document,
    restore_document,
    revoke_grant,
)
from documents.tasks import purge_deleted_document, purge_deleted_documents
from documents.tests.builders import failed_document, grant, make_corpus, ready_document
from documents.under_way import recent_work, time_left


@pytest.mark.parametrize("who", ["bob", "charlie", "dana"])
def test_the_board_is_empty_for_who_does_not_curate(who, handbook, foreign_corpus, request):
    user = request.getfixturevalue(who)
    ready_document(handbook)
    failed_document(handbook)
    assert not board_documents(user, BoardFilter()).exists()
    assert not board_documents(user, BoardFilter(state="deleted")).exists()
    totals = board_totals(user, BoardFilter(corpus=handbook.pk))
    assert set(totals.counts.values()) == {totals.pages} == {0}
    assert board_choices(user, handbook.pk) == BoardChoices([], [], [], [])
    assert counts_by_corpus(user) == {}
    assert not recent_work(user, since=timezone.now() - timedelta(hours=1)).exists()
    assert time_left(user, 5) is None
    assert not grants_of_corpus(user, handbook).exists()


@pytest.mark.parametrize("who", ["bob", "charlie", "dana"])
def test_rights_are_given_and_taken_by_curators_alone(who, handbook, charlie, erin, request):
    user = request.getfixturevalue(who)
    with pytest.raises(NotFound):
        grant_corpus(by=user, corpus=handbook, grant=Grant(right="curate", user=charlie))
    with pytest.raises(NotFound):
        revoke_grant(by=user, corpus=handbook, grant=handbook.grants.get(user=erin).pk)
    assert handbook.grants.count() == 2


def test_no_right_leaves_the_organisation(handbook, erin, dana, other_organisation):
    strangers = make_team(other_organisation, "Strangers", dana)
    for right in (Grant(right="read", user=dana), Grant(right="read", team=strangers)):
        with pytest.raises(NotFound):
            grant_corpus(by=erin, corpus=handbook, grant=right)
    assert handbook.grants.count() == 2


def test_giving_a_right_again_changes_it_instead_of_adding_one(handbook, erin, bob):
    grant_corpus(by=erin, corpus=handbook, grant=Grant(right="curate", user=bob))
    assert standing_of(bob).may_curate
    assert handbook.grants.filter(user=bob).count() == 1


def test_what_reaches_a_person_is_told_for_ones_own_corpora_alone(
    handbook, organisation, erin, alice, bob
):
    payroll = make_corpus(organisation, "Payroll")
    grant(payroll, make_team(organisation, "Accountants", bob))
    assert [right.corpus for right in grants_reaching(alice, bob)] == [handbook, payroll]
    assert [right.corpus for right in grants_reaching(erin, bob)] == [handbook]


def test_a_document_is_purged_only_while_it_is_deleted(handbook, erin, monkeypatch):
    purged = []
    monkeypatch.setattr("documents.tasks.purge_document", purged.append)
    document = ready_document(handbook)
    with pytest.raises(NotFound):
        purge_document_now(by=erin, document=document)
    purge_deleted_document(str(document.pk))  # restored since it was enqueued
    purge_deleted_document("00000000-0000-0000-0000-000000000000")
    assert purged == []
    Document.objects.filter(pk=document.pk).update(deleted_at=timezone.now())
    purge_deleted_document(str(document.pk))
    assert purged == [document]


def test_a_document_that_is_purged_is_in_no_list_before_its_task_has_run(
    handbook, erin, monkeypatch
):
    monkeypatch.setattr("documents.services.purge_deleted_document.delay_on_commit", lambda pk: pk)
    document = ready_document(handbook, title="Old guide")
    delete_document(by=erin, document=document)
    deleted = BoardFilter(state=BoardState.DELETED)
    assert board_documents(erin, deleted).count() == 1
    purge_document_now(by=erin, document=document)
    assert board_documents(erin, deleted).count() == 0
    assert board_totals(erin, BoardFilter()).counts[BoardState.DELETED] == 0
    with pytest.raises(NotFound):
        restore_document(by=erin, document=document)


def test_the_daily_purge_takes_what_a_lost_task_left(handbook, erin, monkeypatch):
    monkeypatch.setattr("documents.services.purge_deleted_document.delay_on_commit", lambda pk: pk)
    kept, document = (
        ready_document(handbook, title="Kept"),
        ready_document(handbook, title="Old guide"),
    )
    for each in (kept, document):
        delete_document(by=erin, document=each)
    purge_document_now(by=erin, document=document)
    purge_deleted_documents()
    assert list(Document.objects.all()) == [kept]


def test_a_document_can_be_renamed_once_its_uploader_is_gone(handbook, erin):
    document = ready_document(handbook)
    assert document.created_by is None
    rename_document(by=erin, document=document, title="Leave 2026")
    document.refresh_from_db()
    assert document.title == "Leave 2026"
