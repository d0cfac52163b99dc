"""Who looks at a source and when: leases, turns, the schedule, the end of a worker."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from documents.errors import ScannerUnavailable
from documents.models import DocumentVersion, Source, SourceEntry
from documents.sources import gathering, leases, tasks
from documents.sources.gathering import gather
from documents.sources.ports import UNKNOWN, Fetched, Listed
from documents.tests.builders import make_document, make_version

State = Source.State


class FakePlace:
    """Three small files; `on_fetch` is told of each before it is handed out."""

    def __init__(self, folder: Path, on_fetch=lambda path: None) -> None:
        self.folder, self.on_fetch, self.total = folder, on_fetch, 3

    def listed(self):
        for name in ("a.txt", "b.txt", "c.txt"):
            yield Listed(name)

    @contextmanager
    def fetch(self, item: Listed, _known):
        self.on_fetch(item.path)
        file = self.folder / item.path
        file.write_text(f"Words of {item.path}.")
        yield Fetched(file, item.path, UNKNOWN)


@pytest.fixture
def source(erin, handbook) -> Source:
    return Source.objects.create(
        corpus=handbook, kind="sitemap", address="https://www.example.org/map", created_by=erin
    )


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """Keys of the looks that were enqueued."""
    keys: list[str] = []
    monkeypatch.setattr(tasks.gather_source, "delay", keys.append)
    return keys


def look(source: Source, place: FakePlace) -> gathering.Look:
    @contextmanager
    def opened(_source, _beat):
        yield place

    found = gather(source.pk, place_of=opened)
    source.refresh_from_db()
    return found


def seen(source: Source) -> list[str]:
    return list(source.entries.order_by("path").values_list("path", flat=True))


def test_a_look_that_is_under_way_is_nobody_elses(source, tmp_path):
    second: list[gathering.Look] = []
    place = FakePlace(tmp_path, lambda _path: second.append(gather(source.pk)))
    look(source, place)
    assert [each.lost for each in second] == [True] * 3
    assert seen(source) == ["a.txt", "b.txt", "c.txt"]
    assert DocumentVersion.objects.count() == 3


def test_a_long_look_lets_the_files_that_wait_go_first_and_goes_on(
    source, tmp_path, monkeypatch, sent
):
    monkeypatch.setattr(gathering, "SLICE_S", 0)
    fetched: list[str] = []
    place = FakePlace(tmp_path, fetched.append)
    assert look(source, place).more
    assert (source.state, seen(source)) == (State.QUEUED, ["a.txt"])
    while look(source, place).more:
        assert len(fetched) < 4
    assert seen(source) == ["a.txt", "b.txt", "c.txt"]
    assert fetched == ["a.txt", "b.txt", "c.txt"]
    assert source.state == State.IDLE


def test_the_lease_is_extended_whatever_is_waited_for(source, monkeypatch):
    now = timezone.now()
    hold = leases.claim(source.pk)
    beaten = threading.Event()
    Source.objects.update(lease_until=now)
    monkeypatch.setattr(leases, "BEAT_S", 0.01)
    # The test's rows are its connection's alone: seen is what would be written.
    monkeypatch.setattr(
        leases.Source.objects, "filter", lambda **fields: Beaten(beaten, fields), raising=False
    )
    with leases.beating(hold):
        assert beaten.wait(10)
    assert Beaten.fields == {
        "pk": source.pk,
        "state": State.RUNNING,
        "lease_owner": hold.owner,
    }


class Beaten:
    fields: dict[str, object]

    def __init__(self, beaten: threading.Event, fields: dict[str, object]) -> None:
        self.beaten, type(self).fields = beaten, fields

    def update(self, **_fields: object) -> int:
        self.beaten.set()
        return 0  # which ends the beating


def test_the_task_goes_behind_what_waits_when_there_is_more(source, monkeypatch, sent):
    monkeypatch.setattr(tasks, "gather", lambda _pk: gathering.Look(more=True))
    tasks.gather_source(str(source.pk))
    assert sent == [str(source.pk)]


def test_the_sweep_takes_up_what_a_dead_worker_left(source, sent):
    now = timezone.now()
    Source.objects.update(state=State.RUNNING, lease_owner="dead", lease_until=now)
    tasks.sweep_sources()
    source.refresh_from_db()
    assert (source.state, source.lease_owner) == (State.QUEUED, "")
    assert sent == [str(source.pk)]


def test_the_sweep_leaves_alone_what_somebody_holds_or_nobody_wants(source, sent):
    later = timezone.now() + timedelta(minutes=1)
    Source.objects.update(state=State.RUNNING, lease_until=later, next_at=timezone.now())
    tasks.sweep_sources()
    Source.objects.update(state=State.IDLE, lease_until=None, next_at=None)
    tasks.sweep_sources()
    Source.objects.update(next_at=later)
    tasks.sweep_sources()
    assert sent == []


def test_what_is_due_is_looked_at_again_and_the_next_look_is_set(source, tmp_path, sent):
    Source.objects.update(state=State.IDLE, every_hours=24, next_at=timezone.now())
    tasks.sweep_sources()
    assert sent == [str(source.pk)]
    look(source, FakePlace(tmp_path))
    assert source.state == State.IDLE
    assert source.next_at == pytest.approx(
        source.finished_at + timedelta(hours=24), abs=timedelta(minutes=1)
    )


def test_a_worker_that_is_told_to_end_gives_the_look_back_at_once(
    source, tmp_path, monkeypatch, sent
):
    place = FakePlace(tmp_path)
    fetched: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(leases, "is_ending", lambda: "b.txt" in fetched)
        place.on_fetch = fetched.append
        assert look(source, place).lost
    assert (source.state, source.lease_owner, seen(source)) == (State.QUEUED, "", ["a.txt"])
    tasks.sweep_sources()
    assert sent == [str(source.pk)]
    place.on_fetch = lambda _path: None
    look(source, place)
    assert (source.state, seen(source)) == (State.IDLE, ["a.txt", "b.txt", "c.txt"])


def test_a_source_that_is_removed_meanwhile_ends_quietly(source, tmp_path):
    def on_fetch(path: str) -> None:
        if path == "b.txt":
            Source.objects.all().delete()

    @contextmanager
    def opened(_source, _beat):
        yield FakePlace(tmp_path, on_fetch)

    assert gather(source.pk, place_of=opened).lost
    assert not SourceEntry.objects.exists()


def test_a_scanner_that_does_not_answer_fails_the_look_not_the_files(source, tmp_path, monkeypatch):
    def silent(**_fields):
        raise ScannerUnavailable(file="a.txt")

    with monkeypatch.context() as patch:
        patch.setattr(gathering, "receive_file", silent)
        look(source, FakePlace(tmp_path))
    assert (source.state, source.error_code) == (State.FAILED, "file-not-scanned")
    assert seen(source) == []


def test_a_fault_of_ours_is_said_to_be_ours(source, tmp_path):
    def on_fetch(_path: str) -> None:
        raise RuntimeError("a bug")

    look(source, FakePlace(tmp_path, on_fetch))
    assert (source.state, source.error_code) == (State.FAILED, "source-failed")


def test_what_a_person_has_uploaded_too_does_not_vanish_with_the_source(source, handbook, tmp_path):
    version = make_version(
        make_document(handbook, "Mine"), content=b"Words of a.txt.", created_by=source.created_by
    )
    look(source, FakePlace(tmp_path))
    entry = source.entries.get(path="a.txt")
    assert (entry.state, entry.document) == (SourceEntry.State.KNOWN, version.document)
    place = FakePlace(tmp_path)
    Source.objects.update(state=State.QUEUED)
    place.listed = lambda: (item for item in ())
    look(source, place)
    assert source.entries.get(path="a.txt").state == SourceEntry.State.VANISHED
    version.document.refresh_from_db()
    assert version.document.vanished_at is None
