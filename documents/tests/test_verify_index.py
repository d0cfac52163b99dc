"""`manage.py verify_index`: what differs between index and database, and its repair."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from documents import checking
from documents.checking import check, queued_checks
from documents.errors import IndexLocked
from documents.generations import live_generation
from documents.indexing import target_of
from documents.models import Chunk, Document, DocumentVersion, IndexCheck
from documents.ports import Shown, Standing
from documents.retrieval import search
from documents.tasks import sweep_index
from documents.tests.builders import make_corpus
from documents.tests.passage_points import point
from documents.tests.pipeline import put_online, upload
from documents.verifying import verify


@pytest.fixture
def corpus(organisation, alice):
    return make_corpus(organisation, "Rules")


@pytest.fixture
def leave(corpus):
    return put_online(corpus, "leave", "Employees have 25 days of annual leave.")


@pytest.fixture
def travel(corpus):
    return put_online(corpus, "travel", "Travel costs are paid within a month.")


def index():
    return target_of(live_generation()).index


def report():
    return verify(target_of(live_generation()))


def verified(**options) -> str:
    said = StringIO()
    call_command("verify_index", stdout=said, stderr=said, **options)
    return said.getvalue()


def test_an_index_that_agrees_is_said_to_agree(leave, travel):
    said = verified()
    assert "passages 2 2 0 0 0" in " ".join(said.split())
    assert "agree" in said


def test_missing_passages_are_counted_and_written_again(alice, leave, travel):
    index().delete_version(leave.pk)
    assert (report().chunks.missing, report().files.missing) == (1, 1)
    with pytest.raises(CommandError, match="differ"):
        verified()
    assert search(alice, "annual leave").passages == ()
    assert "1 files anew" in verified(repair=True)
    assert search(alice, "annual leave").passages[0].title == "leave"
    assert "agree" in verified()


def test_points_without_rows_are_counted_and_removed(leave):
    stray = point("stray", corpus=leave.document.corpus_id, version=str(leave.pk))
    gone = point("gone", corpus=leave.document.corpus_id, name="gone")
    index().write_chunks([replace(stray, version=leave.pk), gone])
    index().write_file(replace(gone, id=gone.version))
    assert (report().chunks.superfluous, report().files.superfluous) == (2, 1)
    assert "0 files anew" in verified(repair=True)
    assert not report().differs
    assert index().count_chunks(leave.pk) == 1


def test_points_that_others_would_find_or_on_other_days_are_counted_and_corrected(leave, travel):
    index().set_standing(leave.pk, Standing(Shown.LIVE, date(2020, 1, 1)))
    target = target_of(live_generation())
    chunk = Chunk.objects.get(version=travel)
    moved = point("x", corpus=uuid4(), version="x")
    index().write_chunks([replace(moved, id=chunk.pk, version=travel.pk)])
    found = verify(target)
    assert (found.chunks.differing, found.files.differing) == (2, 1)
    verified(repair=True)
    assert not report().differs


def test_what_is_on_its_way_is_not_taken_for_a_difference(alice, corpus, leave, travel):
    upload(alice, corpus, "late.txt", "Late rules.")
    Document.objects.filter(pk=leave.document_id).update(stale="vectors")
    index().delete_version(leave.pk)
    assert not report().differs
    Document.objects.update(stale="")
    assert report().differs


def test_lost_rows_of_passages_are_made_again(alice, leave):
    Chunk.objects.all().delete()
    found = report()
    assert (found.chunks.missing, found.chunks.superfluous) == (1, 1)
    verified(repair=True)
    assert search(alice, "annual leave").passages[0].title == "leave"
    assert not report().differs


def test_one_corpus_alone_is_compared_and_mended(organisation, corpus, leave):
    other = make_corpus(organisation, "Travel")
    trip = put_online(other, "trip", "Trips are paid.")
    for version in (leave, trip):
        index().delete_version(version.pk)
    assert verify(target_of(live_generation()), other).chunks.missing == 1
    verified(repair=True, corpus="travel")
    assert (index().count_chunks(trip.pk), index().count_chunks(leave.pk)) == (1, 0)


def test_a_version_that_failed_is_not_missed(leave):
    DocumentVersion.objects.filter(pk=leave.pk).update(state="failed", live=False)
    found = report()
    assert (found.chunks.missing, found.files.missing) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_where_another_process_has_the_index_that_one_is_asked(leave, monkeypatch):
    index().delete_version(leave.pk)

    def locked(*_args, **_options):
        monkeypatch.undo()
        # The process that has it takes the row up with its sweep.
        asked.start()
        raise IndexLocked

    def answer() -> None:
        from django.db import connection

        while not (rows := list(IndexCheck.objects.values_list("pk", flat=True))):
            pass
        check(rows[0])
        connection.close()

    asked = threading.Thread(target=answer)
    monkeypatch.setattr("documents.management.commands.verify_index.check_live", locked)
    try:
        with pytest.raises(CommandError, match="differ"):
            verified()
    finally:
        asked.join()
    assert not IndexCheck.objects.exists()


def test_a_check_is_done_once_and_its_failure_is_on_the_row(leave, monkeypatch):
    row = IndexCheck.objects.create()
    check(row.pk)
    row.refresh_from_db()
    assert (row.state, row.result["differs"]) == ("done", False)
    monkeypatch.setattr(checking, "check_live", None)
    check(row.pk)
    row.refresh_from_db()
    assert row.state == "done"
    other = IndexCheck.objects.create()
    check(other.pk)
    other.refresh_from_db()
    assert (other.state, other.result) == ("failed", {"error": "error"})


def test_what_the_index_lost_with_the_power_is_written_again(alice, leave, monkeypatch):
    index().delete_version(leave.pk)
    monkeypatch.setattr(index(), "may_lack_points", True)
    sweep_index()
    for asked in queued_checks():
        check(asked)
    assert search(alice, "annual leave").passages[0].title == "leave"
    sweep_index()
    assert IndexCheck.objects.count() == 1, "once"
