"""`manage.py check_consistency`: what does not agree, and what of it is mended."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backups.consistency import checking, files
from backups.consistency.checking import check_consistency
from backups.consistency.findings import Kind
from chat.models import Citation, Message, TurnLog
from chat.tests.turns import log_turn
from documents.building import work_off
from documents.errors import IndexLocked
from documents.generations import live_generation
from documents.indexing import target_of
from documents.models import Chunk, DocumentVersion, Page, Source
from documents.retrieval import search
from documents.tests.builders import ready_document
from documents.tests.pipeline import put_online
from documents.tests.transfer import store_instead

pytestmark = pytest.mark.django_db

QUESTION = "days of annual leave"


AGREES = dict.fromkeys(("rows", "points", "missing", "superfluous", "differing"), 0)


@pytest.fixture
def indexed(handbook):
    return put_online(handbook, "leave", "Employees have 25 days of annual leave. " * 8)


@pytest.fixture
def leave(handbook, monkeypatch):
    """Rows and a file alone, beside an index that agrees."""
    monkeypatch.setattr(checking, "check_live", lambda **_: {"chunks": AGREES, "files": AGREES})
    text = "Employees have 25 days of annual leave. " * 8
    return ready_document(handbook, pages=[text], media_type="text/plain").versions.get()


def found(**wishes: bool) -> dict[Kind, tuple[int, int]]:
    report = check_consistency(**wishes)
    return {kind: (one.count, one.repaired) for kind, one in report.findings.items()}


def test_an_installation_that_agrees_is_told_so(indexed):
    out = io.StringIO()
    call_command("check_consistency", stdout=out)
    assert "Database, files and index agree." in out.getvalue()
    assert "1 documentversion" in out.getvalue()


def test_a_lost_file_is_named_and_ends_with_1(leave):
    leave.file.storage.delete(leave.file.name)
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("check_consistency", "--json", "--repair", stdout=out)
    told = json.loads(out.getvalue())
    assert told["clean"] is False
    assert told["findings"]["file-missing"]["examples"] == [leave.file.name]
    assert told["findings"]["file-missing"]["repaired"] == 0


def test_a_file_of_another_size_is_found(leave):
    store_instead(leave, b"short")
    assert found() == {Kind.FILE_OTHER_SIZE: (1, 0)}


def test_another_content_of_the_same_size_is_found_by_reading_it(leave):
    store_instead(leave, b"x" * leave.bytes)
    assert found() == {}
    assert found(deep=True) == {Kind.FILE_OTHER_CONTENT: (1, 0)}


def test_a_file_without_a_row_is_deleted_once_it_is_surely_left(leave, storage, monkeypatch):
    name = storage.save("documents/left.pdf", ContentFile(b"of an upload that died"))
    assert found(mend=True) == {Kind.FILE_WITHOUT_ROW: (1, 0)}
    assert storage.exists(name)
    monkeypatch.setattr(files, "SURELY_LEFT", timedelta(days=-1))
    assert found(mend=True) == {Kind.FILE_WITHOUT_ROW: (1, 1)}
    assert not storage.exists(name)
    assert storage.exists(leave.file.name)


def test_what_else_lies_in_the_bucket_is_left_alone(leave, storage, monkeypatch):
    name = storage.save("backups/20260101-000000/manifest.json", ContentFile(b"{}"))
    monkeypatch.setattr(files, "SURELY_LEFT", timedelta(days=-1))
    assert found(mend=True) == {}
    assert storage.exists(name)


def test_a_file_online_without_passages_is_cut_and_indexed_again(indexed, bob):
    Chunk.objects.all().delete()
    assert found()[Kind.ONLINE_WITHOUT_PASSAGES] == (1, 0)
    assert found(mend=True)[Kind.ONLINE_WITHOUT_PASSAGES] == (1, 1)
    while work_off(live_generation().pk):
        pass
    assert found() == {}
    assert search(bob, QUESTION).passages


def test_a_file_online_without_pages_is_read_again(leave):
    Page.objects.all().delete()
    Chunk.objects.all().delete()
    assert found()[Kind.ONLINE_WITHOUT_PAGES] == (1, 0)
    check_consistency(mend=True)
    leave.refresh_from_db()
    assert (leave.state, leave.step) == ("queued", "extract")


def test_points_that_are_missing_are_written(indexed, bob):
    target_of(live_generation()).index.delete_version(indexed.pk)
    assert found() == {Kind.INDEX_MISSING: (2, 0)}
    assert found(mend=True) == {Kind.INDEX_MISSING: (2, 2)}
    assert found() == {}
    assert search(bob, QUESTION).passages


def test_a_running_process_is_asked_about_its_index(leave, monkeypatch):
    def locked(**_wishes: object) -> None:
        raise IndexLocked

    monkeypatch.setattr(checking, "check_live", locked)
    report = check_consistency(wait_s=0)
    assert list(report.findings) == [Kind.INDEX_NOT_COMPARED]


def test_a_citation_that_points_nowhere_is_found(leave, house_turn):
    assert found() == {}
    for change in ({"page": 9}, {"page": 1, "end": 100_000}, {"start": 5, "end": 5}):
        Citation.objects.update(**change)
        assert found() == {Kind.CITATION_NOWHERE: (1, 0)}, change


@pytest.fixture
def house_turn(leave, bob):
    turn = log_turn(bob, [leave.document])
    if not turn.answer.citations.exists():
        Citation.objects.create(
            message=turn.answer, number=1, version=leave, page=1, start=0, end=9, quote="Employees"
        )
    return turn


def test_what_nobody_works_on_any_more_is_taken_up(leave, house_turn, handbook):
    long_ago = timezone.now() - timedelta(hours=1)
    other = ready_document(handbook, title="Other").versions.get()
    DocumentVersion.objects.filter(pk=other.pk).update(
        state="running", live=False, lease_owner="dead", lease_until=long_ago
    )
    source = Source.objects.create(
        corpus=handbook, kind="page", address="https://x", state="running", lease_until=long_ago
    )
    TurnLog.objects.all().delete()  # written at its end
    Message.objects.filter(pk=house_turn.answer.pk).update(status="streaming", heartbeat=long_ago)
    assert found()[Kind.LEASE_TOO_OLD] == (3, 0)
    assert found(mend=True)[Kind.LEASE_TOO_OLD] == (3, 3)
    other.refresh_from_db()
    source.refresh_from_db()
    assert (other.state, source.state) == ("queued", "queued")
    assert Kind.LEASE_TOO_OLD not in found()


def test_more_files_take_no_more_queries(leave, handbook):
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            check_consistency()
        return len(counted)

    few = queries()
    for number in range(12):
        ready_document(handbook, title=f"File {number}")
    assert queries() <= few + 1
