"""Reading a backup: its manifest, its parts, its files, each checked before it is used."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

import msgspec

from backups.adapters.age import SUFFIX, Cipher, Plain, cipher_for_reading
from backups.errors import BackupDamaged, BackupMissing
from backups.keeping import complete_backups
from backups.manifest import FOLDER, MANIFEST, PACKED, Manifest, Part, StoredFile, decode
from backups.manifest import object_path as object_path_of
from backups.ports import BackupTarget
from backups.streams import Hashed, blocks_of, gunzipped, lines_of

# Told of each part and file: what it is about, how many are done.
OnProgress = Callable[[str, int], None]


class Archive:
    """One complete backup. Raises BackupDamaged wherever something is not as it was written,
    KeyMissing or KeyWrong where it is encrypted for somebody else."""

    def __init__(self, target: BackupTarget, manifest: Manifest, cipher: Cipher) -> None:
        self.target = target
        self.manifest = manifest
        self._cipher = cipher

    @contextmanager
    def part(self, part: Part) -> Iterator[Iterator[bytes]]:
        """Its lines; they begin once all of it has been checked."""
        with tempfile.TemporaryFile() as opened:
            plain = not part.name.endswith(SUFFIX)
            cipher = Plain() if plain else self._cipher
            with _damage_of(part.name), self._stored(f"{self._folder}{part.name}") as blocks:
                hashed = Hashed(blocks)
                cipher.read(hashed, opened)
            if hashed.sha256 != part.sha256:
                raise BackupDamaged(part=part.name, reason="sha256")
            opened.seek(0)
            with _damage_of(part.name):
                yield lines_of(gunzipped(blocks_of(opened)))

    def files(self) -> Iterator[StoredFile]:
        decoder = msgspec.json.Decoder(StoredFile)
        for part in self.manifest.parts_of_files():
            with self.part(part) as lines:
                for line in lines:
                    yield decoder.decode(line)

    @contextmanager
    def content(self, file: StoredFile) -> Iterator[IO[bytes]]:
        """A stored file's own bytes, checked, from their beginning."""
        path = object_path_of(file.object)
        with tempfile.TemporaryFile() as opened:
            with _damage_of(path), self._stored(path) as blocks:
                self._cipher.read(blocks, opened)
            opened.seek(0)
            if not file.object.removesuffix(SUFFIX).endswith(PACKED):
                _require(path, Hashed(blocks_of(opened)), file.sha256)
                opened.seek(0)
                yield opened
                return
            with tempfile.TemporaryFile() as unpacked:
                hashed = Hashed(gunzipped(blocks_of(opened)))
                with _damage_of(path):
                    for block in hashed:
                        unpacked.write(block)
                _require(path, hashed, file.sha256)
                unpacked.seek(0)
                yield unpacked

    def verify_parts(self, on_progress: OnProgress) -> None:
        """Every part but the files themselves."""
        for done, part in enumerate(self.manifest.parts, start=1):
            with self.part(part) as lines:
                rows = sum(1 for _line in lines)
            # A table's first line names it; the list of objects counts for itself.
            if part.rows and rows != part.rows + bool(part.model):
                raise BackupDamaged(part=part.name, reason=f"{rows} / {part.rows}")
            on_progress("parts", done)

    def verify(self, on_progress: OnProgress) -> None:
        """All of it, each byte."""
        self.verify_parts(on_progress)
        count = 0
        for count, file in enumerate(self.files(), start=1):
            with self.content(file):
                on_progress("files", count)
        if count != self.manifest.files:
            raise BackupDamaged(part="files", reason=f"{count} / {self.manifest.files}")

    @contextmanager
    def _stored(self, path: str) -> Iterator[Iterator[bytes]]:
        try:
            with self.target.reading(path) as blocks:
                yield blocks
        except FileNotFoundError as error:
            raise BackupDamaged(part=path, reason="not found") from error

    @property
    def _folder(self) -> str:
        return f"{FOLDER}{self.manifest.name}/"


def open_archive(target: BackupTarget, name: str = "") -> Archive:
    """The newest where none is named. Raises BackupMissing, BackupDamaged, BackupNewer, KeyMissing,
    KeyWrong."""
    there = complete_backups(target)
    name = name or (there[-1] if there else "")
    if name not in there:
        raise BackupMissing(name=name or "…", target=target.address)
    path = f"{FOLDER}{name}/{MANIFEST}"
    cipher: Cipher = Plain()
    if not target.exists(path):
        path += SUFFIX
        cipher = cipher_for_reading(target)
    with tempfile.TemporaryFile() as opened:
        with _damage_of(path), target.reading(path) as blocks:
            cipher.read(blocks, opened)
        opened.seek(0)
        manifest = decode(opened.read())
    if manifest.name != name:
        raise BackupDamaged(part=path, reason=manifest.name[:100])
    return Archive(target, manifest, cipher)


def _require(path: str, hashed: Hashed, sha256: str) -> None:
    for _block in hashed:
        pass  # what has not been read yet
    if hashed.sha256 != sha256:
        raise BackupDamaged(part=path, reason="sha256")


@contextmanager
def _damage_of(path: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, EOFError) as error:
        raise BackupDamaged(part=path, reason=str(error)[:200]) from error
