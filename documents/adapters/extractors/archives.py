"""Is this zip safe to hand to a parser? Asked before any parser opens it."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from documents.errors import ArchiveBomb, CorruptFile, EncryptedFile
from documents.ports import ExtractionLimits

# What zipfile raises over a damaged archive, at its opening or at any later reading of it.
ZIP_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    EOFError,
    ValueError,
    OSError,
)

_MAX_ENTRIES = 10_000
_MAX_DIRECTORY_BYTES = 4_000_000
# Small archives may well be repetitive: a ratio is only a danger above this size.
_RATIO_FLOOR_BYTES = 10_000_000
_END_RECORD = struct.Struct("<4s4H2LH")
_END_RECORD_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64_BYTES = 20
# The longest comment and the records before it.
_TAIL_BYTES = 65_535 + _END_RECORD.size + _LOCATOR_64_BYTES + _END_RECORD_64.size


def check_archive(path: Path, limits: ExtractionLimits) -> None:
    """Declared sizes can be trusted here: zipfile reads no byte beyond them."""
    with open_archive(path) as archive:
        entries = archive.infolist()
    if len(entries) > _MAX_ENTRIES:
        raise ArchiveBomb(cause=f"{len(entries)} entries")
    total = sum(entry.file_size for entry in entries)
    if total > limits.max_unpacked_bytes:
        raise ArchiveBomb(cause=f"{total} bytes unpacked")
    packed = max(path.stat().st_size, 1)
    if total > _RATIO_FLOOR_BYTES and total > limits.max_ratio * packed:
        raise ArchiveBomb(cause=f"{total} bytes unpacked from {packed}")
    for entry in entries:
        _check_entry(entry, limits)


def _check_entry(entry: zipfile.ZipInfo, limits: ExtractionLimits) -> None:
    swells = entry.file_size > limits.max_ratio * max(entry.compress_size, 1)
    if entry.file_size > _RATIO_FLOOR_BYTES and swells:
        raise ArchiveBomb(cause=f"entry of {entry.file_size} bytes from {entry.compress_size}")
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    if ".." in parts or parts[:1] == ("/",) or (parts and parts[0].endswith(":")):
        raise CorruptFile(cause=f"entry leaves the archive: {entry.filename!r}")
    if entry.flag_bits & 0x1:
        raise EncryptedFile(cause=f"encrypted entry {entry.filename!r}")


def open_archive(path: Path) -> zipfile.ZipFile:
    """A zip whose directory is of a sane size, so that listing it costs little."""
    _check_directory(path)
    try:
        return zipfile.ZipFile(path)
    except ZIP_DAMAGE as error:
        raise CorruptFile(cause=str(error)) from error


def _check_directory(path: Path) -> None:
    with path.open("rb") as file:
        entries, directory_bytes = claimed_directory(file)
    if entries > _MAX_ENTRIES or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise ArchiveBomb(cause=f"directory of {entries} entries, {directory_bytes} bytes")


def claimed_directory(file: IO[bytes]) -> tuple[int, int]:
    """How many entries and bytes a zip's directory has, as zipfile will believe it: a record of
    the 64-bit form goes before the other. Raises CorruptFile."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL_BYTES))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END_RECORD.size:
        raise CorruptFile(cause="no end of central directory")
    _, _, _, _, entries, directory_bytes, _, _ = _END_RECORD.unpack_from(tail, at)
    at_64 = at - _LOCATOR_64_BYTES - _END_RECORD_64.size
    if at_64 >= 0 and tail.startswith(b"PK\x06\x06", at_64):
        *_, entries, directory_bytes, _ = _END_RECORD_64.unpack_from(tail, at_64)
    return entries, directory_bytes


def read_entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """An entry's bytes; empty where there is none of that name."""
    try:
        return archive.read(name)
    except KeyError:
        return b""
    except ZIP_DAMAGE as error:
        raise CorruptFile(cause=f"{name}: {error}") from error
    except RuntimeError as error:  # how zipfile says that a password is needed
        raise EncryptedFile(cause=str(error)) from error
