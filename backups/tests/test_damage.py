"""What a backup must not do: half succeed, open for anybody, be believed when it is damaged."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from pyrage import x25519

from accounts.models import User
from backups import records, restoring, writing
from backups.adapters.registry import open_target
from backups.archive import open_archive
from backups.errors import BackupDamaged, BackupMissing, KeyMissing, KeyWrong
from backups.keeping import complete_backups, keep_newest
from backups.models import BackupRecord
from backups.restoring import finish_restore, restore
from backups.stored import stored_files
from backups.tests.house import clear, manifest_of, sums
from backups.writing import make_backup
from documents.models import DocumentVersion, DueVersion
from documents.tests.builders import ready_document
from documents.tests.transfer import store_instead

pytestmark = pytest.mark.django_db(transaction=True)


def check(folder: Path) -> str:
    """What --check-only says of it."""
    out = io.StringIO()
    try:
        call_command("restore", "--from", str(folder), "--check-only", stdout=out, stderr=out)
    except CommandError as refusal:
        return str(refusal)
    return out.getvalue()


def flip(path: Path, at: int = -9) -> None:
    """One bit of one byte."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def key_pair(settings) -> None:
    identity = x25519.Identity.generate()
    settings.BACKUP_RECIPIENT = str(identity.to_public())
    settings.BACKUP_IDENTITY = str(identity)


def test_one_that_is_whole_is_said_to_be_and_when(house, here, folder):
    make_backup(here)
    assert "is whole" in check(folder)
    assert BackupRecord.objects.get().verified_at is not None


@pytest.mark.parametrize("encrypt", [False, True], ids=["plain", "encrypted"])
def test_a_changed_bit_is_found_and_nothing_is_restored(house, here, folder, settings, encrypt):
    if encrypt:
        key_pair(settings)
    make_backup(here, encrypt=encrypt)
    clear()
    for pattern in ("backups/*/database/*", "backups/*/files/*", "files/*/*"):
        changed = sorted(folder.glob(pattern))[0]
        flip(changed)
        assert "(backup-damaged)" in check(folder), pattern
        with pytest.raises(BackupDamaged):
            restore(open_archive(here))
        assert not User.objects.exists()
        assert list(stored_files()) == []
        flip(changed)
    assert "is whole" in check(folder)


@pytest.mark.parametrize("encrypt", [False, True], ids=["plain", "encrypted"])
def test_what_is_cut_off_or_gone_is_found(house, here, folder, settings, encrypt):
    if encrypt:
        key_pair(settings)
    make_backup(here, encrypt=encrypt)
    stored = sorted(folder.glob("files/*/*"))[0]
    whole = stored.read_bytes()
    stored.write_bytes(whole[:-1])
    assert "(backup-damaged)" in check(folder)
    stored.unlink()
    assert "not found" in check(folder)


def test_a_changed_manifest_is_found(house, here, folder):
    make_backup(here)
    (path,) = folder.glob("backups/*/manifest.json")
    whole = path.read_text()
    manifest = json.loads(whole)
    manifest["tables"]["accounts.User"] += 1
    path.write_text(json.dumps(manifest))
    clear()
    with pytest.raises(BackupDamaged):
        restore(open_archive(here))
    assert not User.objects.exists()
    path.write_text(whole[:-20])
    assert "(backup-damaged)" in check(folder)


def test_one_of_a_newer_cassandre_is_refused(house, here, folder):
    make_backup(here)
    (path,) = folder.glob("backups/*/manifest.json")
    manifest = json.loads(path.read_text())
    manifest["migrations"]["documents"] = ["9999_from_tomorrow"]
    manifest["cassandre"] = "9.0"
    path.write_text(json.dumps(manifest))
    clear()
    with pytest.raises(CommandError, match=r"9\.0.*9999_from_tomorrow.*backup-newer"):
        call_command("restore", "--from", str(folder))


def test_nothing_of_the_content_or_its_names_can_be_read_without_the_key(
    house, here, folder, settings
):
    key_pair(settings)
    make_backup(here, encrypt=True)
    plain = sum(1 for _file in folder.glob("**/*.age"))
    assert plain > 5
    secret = house.document.versions.get(live=True).sha256
    for path in folder.glob("**/*"):
        assert secret not in path.name
        if path.is_file():
            content = path.read_bytes()
            assert b"Leave" not in content
            if path.suffix != ".age":
                assert secret.encode() not in gzip.decompress(content)
    settings.BACKUP_IDENTITY = ""
    with pytest.raises(KeyMissing):
        open_archive(here)
    key_pair(settings)
    with pytest.raises(KeyWrong):
        open_archive(here)


def test_a_passphrase_opens_it_and_another_does_not(house, here, folder, settings):
    settings.BACKUP_PASSPHRASE = "correct horse battery staple"
    make_backup(here, encrypt=True)
    assert "is whole" in check(folder)
    settings.BACKUP_PASSPHRASE = "another"
    assert "(backup-key-wrong)" in check(folder)
    with pytest.raises(KeyWrong):  # nor is anything added that the first one would not open
        make_backup(here, encrypt=True)


def test_encrypting_without_any_key_is_refused_before_anything_is_done(house, here, folder):
    with pytest.raises(KeyMissing):
        make_backup(here, encrypt=True)
    assert not BackupRecord.objects.exists()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_one_that_is_ended_early_is_none(house, target, monkeypatch, error):
    def die(_what: str, done: int) -> None:
        if _what == "files":
            raise error

    with pytest.raises(error):
        make_backup(target, on_progress=die)
    assert list(target.names("backups/")) == []
    assert BackupRecord.objects.get().state == "failed"
    with pytest.raises(BackupMissing):
        open_archive(target)
    make_backup(target)
    open_archive(target).verify(lambda _what, _done: None)


def test_ctrl_c_while_it_encrypts_is_a_ctrl_c(house, here, settings, monkeypatch):
    key_pair(settings)

    def interrupted(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "encoded_rows", lambda *_args: iter(interrupted, None))
    with pytest.raises(KeyboardInterrupt):
        make_backup(here, encrypt=True)
    assert list(here.names("backups/")) == []


def test_a_restore_that_fails_leaves_nothing(house, here, monkeypatch):
    make_backup(here)
    clear()

    def die(*_args: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(restoring, "reset_sequences", die)
    with pytest.raises(OSError, match="full"):
        restore(open_archive(here))
    assert not User.objects.exists()
    assert list(stored_files()) == []
    assert not BackupRecord.objects.exists()


def test_a_restore_that_was_killed_among_the_files_can_be_begun_again(house, here, storage):
    before = sums()
    make_backup(here)
    names = [found.name for found in stored_files()]
    clear()
    storage.save(names[0], ContentFile(b"half of it"))
    restore(open_archive(here))
    assert sums() == before


def test_a_restore_that_was_killed_behind_the_rows_is_finished_at_the_next_start(
    house, here, monkeypatch
):
    make_backup(here)
    clear()
    with monkeypatch.context() as patch:
        patch.setattr(restoring, "finish_restore", lambda: None)
        restore(open_archive(here))
    assert not DueVersion.objects.exists()
    assert finish_restore()
    ready = DocumentVersion.objects.filter(state="ready").count()
    assert DueVersion.objects.count() == ready > 0
    assert not finish_restore()


def test_what_is_written_meanwhile_is_not_in_it(house, handbook, here):
    """The rows are those of one moment, and others are not kept from writing."""

    def write(what: str, _done: int) -> None:
        if what == "accounts.Membership":
            ready_document(handbook, title="Later")

    make_backup(here, on_progress=write)
    clear()
    restore(open_archive(here))
    assert [version.document.title for version in DocumentVersion.objects.all()] == ["Leave"] * 2


def test_a_second_one_writes_no_file_again_and_old_ones_are_given_up(house, handbook, target):
    first = make_backup(target)
    second = make_backup(target)
    assert second.bytes < first.bytes
    house.document.versions.get(live=True).delete()
    ready_document(handbook, title="Pay")
    third = make_backup(target)
    objects = set(target.names("files/"))
    assert complete_backups(target) == [first.name, second.name, third.name]
    assert keep_newest(target, 1) == [first.name, second.name]
    assert complete_backups(target) == [third.name]
    assert len(objects) - len(set(target.names("files/"))) == 1
    open_archive(target).verify(lambda _what, _done: None)


def test_a_target_that_fails_at_the_end_too_does_not_hide_why(house, here, monkeypatch, caplog):
    def gone(*_args: object) -> None:
        raise OSError("the share is gone")

    monkeypatch.setattr(writing, "discard", gone)
    monkeypatch.setattr(writing, "snapshot", gone)
    with pytest.raises(CommandError, match="the share is gone"):
        call_command("backup", "--to", here.address)
    assert BackupRecord.objects.get().state == "failed"
    assert "giving up backup" in caplog.text


def test_two_at_a_time_are_refused_and_a_dead_one_is_not_waited_for(house, here, monkeypatch):
    BackupRecord.objects.create(name="other", target=here.address)
    with pytest.raises(CommandError, match="backup-running"):
        call_command("backup", "--to", here.address)
    monkeypatch.setattr(records, "LOST_AFTER", timedelta(seconds=-1))
    call_command("backup", "--to", here.address)
    assert BackupRecord.objects.get(name="other").state == "failed"


def test_a_lost_file_is_told_and_the_rest_is_kept(house, here, folder):
    lost = house.document.versions.get(live=True)
    lost.file.storage.delete(lost.file.name)
    made = make_backup(here)
    assert (made.files, made.files_missing) == (1, 1)
    assert manifest_of(folder)["missing"] == [lost.file.name]
    assert lost.file.name in check(folder)


def test_a_file_that_is_not_what_its_row_says_is_kept_as_it_is(house, here):
    other = house.document.versions.get(live=True)
    store_instead(other, b"changed behind our back")
    before = sums()
    make_backup(here)
    clear()
    restore(open_archive(here))
    assert sums() == before


def test_kill_9_in_the_middle_leaves_no_backup_and_the_next_one_is_whole(
    house, folder, settings, monkeypatch
):
    storage = json.dumps(settings.STORAGES["default"], default=str)
    name = str(connection.settings_dict["NAME"])
    process = subprocess.Popen(
        [sys.executable, "-m", "backups.tests.killed", str(folder), name, storage],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "cassandre.dev_settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    assert said == "among the files\n"
    left = open_target(str(folder))
    assert list(left.names("backups/")) != []
    assert complete_backups(left) == []
    monkeypatch.setattr(records, "LOST_AFTER", timedelta(0))
    made = make_backup(left, keep=5)
    assert {path.split("/")[1] for path in left.names("backups/")} == {made.name}
    open_archive(left).verify(lambda _what, _done: None)
