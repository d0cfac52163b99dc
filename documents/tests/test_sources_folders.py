"""A folder looked at again and again: what is new, changed, known, refused, gone and back."""

from __future__ import annotations

import os
import signal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from documents.management.commands import ingest_folder
from documents.models import Document, DocumentVersion, Source, SourceEntry
from documents.services import delete_document
from documents.sources import folders, gathering
from documents.sources.folder_services import look_into_folder
from documents.sources.gathering import gather

Seen = SourceEntry.State
LONG_AGO = 1_700_000_000


@pytest.fixture
def folder(tmp_path) -> Path:
    root = tmp_path / "shared"
    write(root / "leave.md", "# Leave\n\nEmployees have 25 days.\n")
    write(root / "pay" / "scale.txt", "The pay scale has six steps.")
    return root


def write(path: Path, text: str, moment: int = LONG_AGO) -> None:
    """A file that was written long ago, so that nobody waits for its end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (moment, moment))


def look(erin, handbook, folder) -> dict[str, str]:
    """One look; what is written down of each entry."""
    source, _look = look_into_folder(by=erin, corpus=handbook, folder=folder)
    assert source.state == Source.State.IDLE, source.error_sentence
    return dict(source.entries.values_list("path", "state"))


def test_the_files_of_a_folder_are_received_with_their_folders(erin, handbook, folder):
    assert look(erin, handbook, folder) == {"leave.md": Seen.TAKEN, "pay/scale.txt": Seen.TAKEN}
    scale = Document.objects.get(title="scale")
    assert (scale.folder, scale.source_path) == ("pay", f"{folder}/pay/scale.txt")
    assert scale.source == Source.objects.get(kind="folder", address=str(folder))
    assert scale.versions.get().state == DocumentVersion.State.QUEUED


def test_looked_at_again_nothing_is_read_or_received(erin, handbook, folder, monkeypatch):
    look(erin, handbook, folder)
    read = []
    monkeypatch.setattr(folders.shutil, "copyfileobj", lambda *args: read.append(args))
    assert set(look(erin, handbook, folder).values()) == {Seen.KNOWN}
    assert read == []
    assert DocumentVersion.objects.count() == 2


def test_a_touched_file_is_recognised_by_its_content(erin, handbook, folder):
    look(erin, handbook, folder)
    os.utime(folder / "leave.md", (LONG_AGO + 60, LONG_AGO + 60))
    assert look(erin, handbook, folder)["leave.md"] == Seen.KNOWN
    assert DocumentVersion.objects.count() == 2


def test_a_changed_file_is_a_new_version_of_the_same_document(erin, handbook, folder):
    look(erin, handbook, folder)
    write(folder / "leave.md", "# Leave\n\nEmployees have 30 days.\n", LONG_AGO + 60)
    assert look(erin, handbook, folder)["leave.md"] == Seen.TAKEN
    assert Document.objects.count() == 2
    assert Document.objects.get(source_path__endswith="leave.md").versions.count() == 2


def test_what_has_vanished_is_marked_and_unmarked_when_it_is_back(erin, handbook, folder):
    look(erin, handbook, folder)
    away = folder.parent / "away.md"
    (folder / "leave.md").rename(away)
    assert look(erin, handbook, folder)["leave.md"] == Seen.VANISHED
    leave = Document.objects.get(source_path__endswith="leave.md")
    assert leave.vanished_at is not None
    assert leave.deleted_at is None
    away.rename(folder / "leave.md")
    assert look(erin, handbook, folder)["leave.md"] == Seen.KNOWN
    leave.refresh_from_db()
    assert leave.vanished_at is None


def test_a_file_that_was_moved_has_not_vanished(erin, handbook, folder):
    look(erin, handbook, folder)
    (folder / "leave.md").rename(folder / "pay" / "leave.md")
    found = look(erin, handbook, folder)
    assert (found["leave.md"], found["pay/leave.md"]) == (Seen.VANISHED, Seen.KNOWN)
    assert not Document.objects.exclude(vanished_at=None).exists()


def test_what_a_curator_deletes_stays_deleted_while_the_file_is_there(erin, handbook, folder):
    look(erin, handbook, folder)
    delete_document(by=erin, document=Document.objects.get(title="scale"))
    assert look(erin, handbook, folder)["pay/scale.txt"] == Seen.KNOWN
    assert Document.objects.filter(title="scale", deleted_at=None).count() == 0


def test_one_bad_entry_does_not_stop_the_rest(erin, handbook, folder):
    (folder / "aa-empty.txt").write_text("")
    os.utime(folder / "aa-empty.txt", (LONG_AGO, LONG_AGO))
    found = look(erin, handbook, folder)
    assert found["aa-empty.txt"] == Seen.REFUSED
    assert list(found.values()).count(Seen.TAKEN) == 2
    entry = SourceEntry.objects.get(path="aa-empty.txt")
    assert entry.error_code == "file-empty"
    assert "aa-empty.txt" in entry.error_sentence


def test_links_that_leave_the_folder_are_refused(erin, handbook, folder):
    secret = folder.parent / "secret.txt"
    write(secret, "The password is swordfish.")
    (folder / "link.txt").symlink_to(secret)
    (folder / "out").symlink_to(folder.parent)
    (folder / "inside.md").symlink_to(folder / "leave.md")
    found = look(erin, handbook, folder)
    assert (found["link.txt"], found["out"]) == (Seen.REFUSED, Seen.REFUSED)
    assert found["inside.md"] in {Seen.TAKEN, Seen.KNOWN}  # of equal contents one is taken
    codes = SourceEntry.objects.filter(state=Seen.REFUSED).values_list("error_code", flat=True)
    assert set(codes) == {"source-entry-outside"}
    assert not DocumentVersion.objects.filter(file_name="secret.txt").exists()


def test_a_link_that_is_put_in_a_files_place_is_not_followed(erin, handbook, folder):
    write(folder.parent / "secret.txt", "The password is swordfish.")
    place = folders.FolderPlace(folder, limit_mb=1)
    item = next(item for item in place.listed() if item.path == "leave.md")
    (folder / "leave.md").unlink()
    (folder / "leave.md").symlink_to(folder.parent / "secret.txt")
    with pytest.raises(folders.EntryOutside), place.fetch(item, folders.Validators()):
        pass


def test_a_file_that_is_still_being_written_is_left_for_later(erin, handbook, folder):
    growing = folder / "growing.txt"
    growing.write_text("First ")

    def goes_on(_seconds: float) -> None:
        with growing.open("a") as opened:
            opened.write("and more ")

    place = folders.FolderPlace(folder, limit_mb=1, pause=goes_on)
    item = next(item for item in place.listed() if item.path == "growing.txt")
    with pytest.raises(folders.Later), place.fetch(item, folders.Validators()):
        pass


def test_hidden_files_and_litter_are_left_out(erin, handbook, folder):
    for name in (".DS_Store", "Thumbs.db", "~$leave.docx", ".git/config", "__MACOSX/a.txt"):
        write(folder / name, "litter")
    assert set(look(erin, handbook, folder)) == {"leave.md", "pay/scale.txt"}


def test_a_missing_folder_fails_the_look_and_nothing_vanishes(erin, handbook, folder):
    look(erin, handbook, folder)
    folder.rename(folder.parent / "elsewhere")
    source = Source.objects.get()
    Source.objects.update(state=Source.State.QUEUED)
    gather(source.pk)
    source.refresh_from_db()
    assert (source.state, source.error_code) == ("failed", "source-folder-missing")
    assert not Document.objects.exclude(vanished_at=None).exists()


def test_a_right_that_was_lost_fails_the_look(erin, handbook, folder):
    look(erin, handbook, folder)
    handbook.grants.filter(user=erin).delete()
    source = Source.objects.get()
    Source.objects.update(state=Source.State.QUEUED)
    write(folder / "new.txt", "Some new words.")
    gather(source.pk)
    source.refresh_from_db()
    assert (source.state, source.error_code) == ("failed", "source-right-lost")
    assert DocumentVersion.objects.count() == 2


def test_a_look_that_was_cut_off_goes_on_behind_the_last_entry(erin, handbook, folder, monkeypatch):
    class Killed(BaseException):
        pass

    original = gathering._Turn._look_at

    def dies_at_the_second(self, item, entry):
        if item.path == "pay/scale.txt":
            raise Killed
        original(self, item, entry)

    with monkeypatch.context() as patch:
        patch.setattr(gathering._Turn, "_look_at", dies_at_the_second)
        with pytest.raises(Killed):
            look_into_folder(by=erin, corpus=handbook, folder=folder)
    seen = SourceEntry.objects.get()
    Source.objects.update(state=Source.State.QUEUED)  # as the sweep does once the lease is over
    gather(Source.objects.get().pk)
    found = SourceEntry.objects.get(path="leave.md")
    assert (found.seen_at, found.state) == (seen.seen_at, Seen.TAKEN)
    assert SourceEntry.objects.get(path="pay/scale.txt").state == Seen.TAKEN


def test_a_cancelled_look_stops_at_the_next_entry(erin, handbook, folder, monkeypatch):
    original = gathering._Turn._look_at

    def cancelled_meanwhile(self, item, entry):
        original(self, item, entry)
        Source.objects.update(state=Source.State.CANCELLED)

    monkeypatch.setattr(gathering._Turn, "_look_at", cancelled_meanwhile)
    _source, found = look_into_folder(by=erin, corpus=handbook, folder=folder)
    assert found.lost
    assert SourceEntry.objects.count() == 1


@pytest.fixture(autouse=True)
def keep_the_connection_of_the_test(monkeypatch):
    monkeypatch.setattr(ingest_folder.connections, "close_all", lambda: None)


def command(handbook, folder, *, by: str, **options) -> str:
    out = StringIO()
    call_command("ingest_folder", str(folder), corpus=handbook.slug, by=by, stdout=out, **options)
    return out.getvalue()


def test_the_command_says_what_it_has_done(erin, handbook, folder):
    text = command(handbook, folder, by=erin.email)
    assert text == "2 taken, 0 known, 0 refused, 0 vanished, 0 being written\n"


def test_a_dry_run_changes_nothing(erin, handbook, folder):
    (folder / "empty.txt").touch()
    text = command(handbook, folder, by=erin.email, dry_run=True)
    assert [line.split()[:2] for line in text.splitlines()] == [
        ["refused", "empty.txt"],
        ["new", "leave.md"],
        ["new", "pay/scale.txt"],
    ]
    assert not Source.objects.exists()
    assert not Document.objects.exists()


def test_the_command_follows_the_folder_until_it_is_told_to_end(
    erin, handbook, folder, monkeypatch
):
    def watched(_folder, **_options):
        if not (folder / "later.txt").exists():
            write(folder / "later.txt", "Words that came later.")
        else:
            os.kill(os.getpid(), signal.SIGTERM)
        yield set()

    monkeypatch.setattr(ingest_folder, "watch", watched)
    before = signal.getsignal(signal.SIGTERM)
    text = command(handbook, folder, by=erin.email, watch=True)
    assert text.splitlines() == [
        "2 taken, 0 known, 0 refused, 0 vanished, 0 being written",
        "1 taken, 2 known, 0 refused, 0 vanished, 0 being written",
    ]
    assert signal.getsignal(signal.SIGTERM) is before


def test_told_to_end_the_command_finishes_one_file_and_the_next_run_goes_on(
    erin, handbook, folder, monkeypatch
):
    original = gathering._Turn._look_at

    def interrupted(self, item, entry):
        original(self, item, entry)
        os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(gathering._Turn, "_look_at", interrupted)
        assert command(handbook, folder, by=erin.email, watch=True) == ""
    first = SourceEntry.objects.get()
    source = Source.objects.get()
    assert (source.state, source.next_at) == (Source.State.CANCELLED, None)
    command(handbook, folder, by=erin.email)
    assert SourceEntry.objects.get(pk=first.pk).seen_at == first.seen_at
    assert SourceEntry.objects.filter(state=Seen.TAKEN).count() == 2


@pytest.mark.parametrize("who", ["bob", "charlie", "dana"])
def test_the_command_refuses_who_does_not_curate_the_corpus(who, handbook, folder, request):
    person = request.getfixturevalue(who)
    for options in ({}, {"dry_run": True}):
        with pytest.raises(CommandError, match="not open to you"):
            command(handbook, folder, by=person.email, **options)
    assert not Source.objects.exists()
