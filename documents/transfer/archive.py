"""A zip from anywhere → its manifest and its files. Nothing of it is believed unchecked."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from django.core.files.base import File

from documents.adapters.extractors.archives import ZIP_DAMAGE, claimed_directory
from documents.errors import CorruptFile, UnscannableFile
from documents.scanning import scan_file
from documents.transfer.errors import (
    EntryDamaged,
    EntryMissing,
    EntryUnsafe,
    NoManifest,
    TransferRefused,
    TransferTooLarge,
)
from documents.transfer.manifest import (
    MANIFEST_NAME,
    MAX_FILES,
    MAX_MANIFEST_BYTES,
    Manifest,
    VersionPart,
    decode,
    means_corpus,
)

_BLOCK_BYTES = 1_000_000
# An entry of the directory, with a name as long as it may be.
_MAX_DIRECTORY_BYTES = MAX_FILES * 500
# Text packs to a tenth; a hundred times as much is no corpus.
_MAX_RATIO = 100
_RATIO_FLOOR_BYTES = 10_000_000
_ENCRYPTED = 0x1
# The other ways of packing may ask for gigabytes of memory, and fail in ways of their own.
_PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


@dataclass(frozen=True, slots=True)
class CorpusArchive:
    """An opened zip whose manifest and list of entries are in order."""

    manifest: Manifest
    _zip: zipfile.ZipFile

    def open(self, version: VersionPart) -> IO[bytes]:
        """Raises EntryDamaged."""
        try:
            return self._zip.open(version.entry)
        except (*ZIP_DAMAGE, RuntimeError) as error:
            raise EntryDamaged(entry=version.entry, cause=str(error)) from error

    def blocks(self, version: VersionPart) -> Iterator[bytes]:
        """The file, if it is what the manifest says. Raises EntryDamaged, at its end at last."""
        digest = hashlib.sha256()
        with self.open(version) as entry:
            while block := _read(entry, version):
                digest.update(block)
                yield block
        if digest.hexdigest() != version.sha256:
            raise EntryDamaged(entry=version.entry)

    def check_files(self) -> None:
        """Read every file once, and show it to the virus scanner where there is one.

        Raises EntryDamaged naming the first that is not as it was, InfectedFile, and
        ScannerUnavailable. What the scanner refuses to scan is refused by itself, when it is
        unpacked.
        """
        for version in self.manifest.files:
            for _block in self.blocks(version):
                pass
            with suppress(UnscannableFile), self.open(version) as entry:
                scan_file(File(entry), version.file_name)


def _read(entry: IO[bytes], version: VersionPart) -> bytes:
    try:
        return entry.read(_BLOCK_BYTES)
    except ZIP_DAMAGE as error:
        raise EntryDamaged(entry=version.entry, cause=str(error)) from error


@contextmanager
def open_corpus_archive(file: IO[bytes]) -> Iterator[CorpusArchive]:
    """Raises TransferRefused: the sentence names the entry, or the field of the manifest."""
    _check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except ZIP_DAMAGE as error:
        raise NoManifest(cause=str(error)) from error
    with archive:
        packed = file.seek(0, 2)
        manifest = decode(_manifest_bytes(archive))
        _check_entries(archive.infolist(), manifest, packed)
        yield CorpusArchive(manifest, archive)


def holds_corpus(file: IO[bytes]) -> bool:
    """Whether a zip means to be that of a corpus; leaves the file at its beginning."""
    try:
        _check_directory(file)
        with zipfile.ZipFile(file) as archive:
            return means_corpus(_manifest_bytes(archive))
    except (*ZIP_DAMAGE, TransferRefused):
        return False
    finally:
        file.seek(0)


def _check_directory(file: IO[bytes]) -> None:
    try:
        entries, directory_bytes = claimed_directory(file)
    except CorruptFile as error:
        raise NoManifest(cause=error.cause) from error
    if entries > MAX_FILES + 1 or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise TransferTooLarge(cause=f"directory of {entries} entries, {directory_bytes} bytes")


def _manifest_bytes(archive: zipfile.ZipFile) -> bytes:
    info = archive.NameToInfo.get(MANIFEST_NAME)
    if info is None:
        raise NoManifest(cause="no entry of that name")
    if info.compress_type not in _PACKED:
        raise NoManifest(cause=f"packed by way {info.compress_type}")
    if info.file_size > MAX_MANIFEST_BYTES:
        raise TransferTooLarge(cause=f"manifest of {info.file_size} bytes")
    try:
        with archive.open(info) as entry:
            return entry.read(MAX_MANIFEST_BYTES + 1)
    except (*ZIP_DAMAGE, RuntimeError) as error:
        raise EntryDamaged(entry=MANIFEST_NAME, cause=str(error)) from error


def _check_entries(infos: Sequence[zipfile.ZipInfo], manifest: Manifest, packed: int) -> None:
    """Exactly those that the manifest speaks of, each once and of the size that it says."""
    sizes: dict[str, int] = {}
    for info in infos:
        if info.filename in sizes or _is_unsafe(info):
            raise EntryUnsafe(entry=info.filename[:200])
        sizes[info.filename] = info.file_size
    total = sum(sizes.values())
    del sizes[MANIFEST_NAME]
    wanted: set[str] = set()
    for version in manifest.files:
        if version.entry not in sizes:
            raise EntryMissing(entry=version.entry)
        if version.entry in wanted or sizes[version.entry] != version.bytes:
            raise EntryDamaged(entry=version.entry)
        wanted.add(version.entry)
    if strange := next((name for name in sizes if name not in wanted), None):
        raise EntryUnsafe(entry=strange[:200])
    if total > _RATIO_FLOOR_BYTES and total > _MAX_RATIO * packed:
        raise TransferTooLarge(cause=f"{total} bytes unpacked from {packed}")


def _is_unsafe(info: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(info.filename.replace("\\", "/"))
    outside = ".." in path.parts or path.is_absolute() or not path.parts
    is_odd = ":" in info.filename or info.is_dir() or info.compress_type not in _PACKED
    return outside or is_odd or bool(info.flag_bits & _ENCRYPTED)
