"""However large a file, a table or a bomb is, a block of it is in memory at a time."""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Iterator

import pytest
from pyrage import x25519

from accounts.models import User
from backups import writing
from backups.adapters.age import Age
from backups.adapters.registry import open_target
from backups.archive import open_archive
from backups.errors import TargetInvalid
from backups.ports import BackupTarget
from backups.restoring import restore
from backups.streams import BLOCK_BYTES, Hashed, blocks_of, gunzipped, gzipped, lines_of
from backups.tests.house import clear, sums
from backups.writing import make_backup

LARGE = 24 * 1024 * 1024


class Watched:
    """A file of LARGE bytes that are not kept; what is asked for and given at a time is noted."""

    def __init__(self) -> None:
        self.left = LARGE
        self.most = 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "all of it at once"
        self.most = max(self.most, size)
        given = min(size, self.left)
        self.left -= given
        return os.urandom(given)


class Sink:
    def __init__(self) -> None:
        self.bytes = 0
        self.most = 0

    def write(self, data: bytes, /) -> int:
        self.bytes += len(data)
        self.most = max(self.most, len(data))
        return len(data)

    def flush(self) -> None:
        pass


@pytest.mark.parametrize("packed", [False, True], ids=["as it is", "gzip"])
def test_a_large_file_is_encrypted_a_block_at_a_time(packed):
    source, sink = Watched(), Sink()
    hashed = Hashed(blocks_of(source))
    recipient = x25519.Identity.generate().to_public()
    Age(recipient=recipient).write(gzipped(hashed) if packed else hashed, sink)
    assert (hashed.bytes, source.left) == (LARGE, 0)
    assert sink.bytes > LARGE
    assert source.most <= BLOCK_BYTES
    assert sink.most <= 2 * BLOCK_BYTES


def test_what_unpacks_to_a_thousand_times_its_size_does_so_in_blocks():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join([*(packer.compress(bytes(2**20)) for _ in range(64)), packer.flush()])
    assert len(bomb) < BLOCK_BYTES
    sizes = [len(block) for block in gunzipped([bomb])]
    assert (sum(sizes), max(sizes) <= BLOCK_BYTES) == (64 * 2**20, True)


def test_lines_are_found_wherever_blocks_end():
    text = "".join(f"line {number} é\n" for number in range(1000)).encode()
    for size in (1, 7, 4096):
        blocks = (text[at : at + size] for at in range(0, len(text), size))
        assert b"".join(line + b"\n" for line in lines_of(blocks)) == text


@pytest.mark.parametrize("cut", [1, 8, 500])
def test_a_gzip_file_without_its_end_is_refused(cut):
    whole = b"".join(gzipped(iter([os.urandom(5000)])))
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        list(gunzipped([whole[:-cut]]))


def test_what_goes_wrong_in_reading_comes_out_as_it_is():
    def lost() -> Iterator[bytes]:
        yield b"some"
        raise FileNotFoundError("gone")

    with pytest.raises(FileNotFoundError, match="gone"):
        Age(recipient=x25519.Identity.generate().to_public()).write(lost(), io.BytesIO())


@pytest.mark.django_db(transaction=True)
def test_tables_and_lists_of_files_are_cut_into_parts(house, here, folder, monkeypatch):
    monkeypatch.setattr(writing, "ROWS_PER_PART", 1)
    before = sums()
    make_backup(here)
    users = list(folder.glob("backups/*/database/*accounts.user.jsonl.gz"))
    assert len(users) == User.objects.count() > 1
    assert len(list(folder.glob("backups/*/files/*"))) == 2
    clear()
    restore(open_archive(here))
    assert sums() == before


def _break_off(target: BackupTarget) -> None:
    with target.writing("a/c.txt") as to:
        to.write(os.urandom(9 * 1024 * 1024))
        raise RuntimeError


def test_a_target_is_written_whole_or_not_at_all(target):
    with target.writing("a/b.txt") as to:
        to.write(os.urandom(9 * 1024 * 1024))
    with pytest.raises(RuntimeError):
        _break_off(target)
    assert list(target.names("a/")) == ["a/b.txt"]
    assert (target.exists("a/b.txt"), target.exists("a/c.txt")) == (True, False)
    with target.reading("a/b.txt") as blocks:
        assert sum(map(len, blocks)) == 9 * 1024 * 1024
    with pytest.raises(FileNotFoundError), target.reading("a/c.txt"):
        pass
    target.delete("a/b.txt")
    target.delete("a/b.txt")
    assert list(target.names("a/")) == []


@pytest.mark.parametrize("address", ["", "ftp://elsewhere/x", "s3://", "s3:///prefix"])
def test_what_is_no_target_is_refused(address, settings):
    settings.BACKUP_S3_ENDPOINT = "http://127.0.0.1:9"
    with pytest.raises(TargetInvalid):
        open_target(address)


def test_s3_without_a_server_is_refused(settings):
    settings.BACKUP_S3_ENDPOINT = ""
    with pytest.raises(TargetInvalid):
        open_target("s3://bucket/prefix")


def test_a_folder_that_cannot_be_made_or_is_not_there_is_refused(tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(TargetInvalid):
        open_target(str(file / "below"), make=True)
    with pytest.raises(TargetInvalid):
        open_target(str(tmp_path / "nowhere"))


def test_only_its_owner_reads_a_backup(here, folder):
    with here.writing("deep/down/file") as to:
        to.write(b"secret")
    modes = {path.stat().st_mode & 0o777 for path in folder.glob("**/*")}
    assert modes == {0o700, 0o600}
