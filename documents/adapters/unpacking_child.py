"""The process that unpacks a stranger's zip: bounded, without network, like the one that reads
files.

`python -m documents.adapters.unpacking_child` takes one line of JSON on standard input (`path`,
`target`, `max_entries`, `max_bytes`, `max_entry_bytes`, `max_ratio`, `memory_bytes`,
`cpu_seconds`), writes each file as `target`/1, `target`/2 and so on, and answers in lines of JSON:

    {"count": 12}
    {"entry": {"number": 1, "path": "Rules/leave.pdf"}}          a file that is written
    {"entry": {"number": 0, "path": "x.pdf", "code": "file-encrypted", "cause": ""}}
    {"end": true}  or  {"error": {"code": "file-archive-bomb", "cause": ""}}

No entry's name becomes the name of a file. It waits while AHEAD files are there that nobody has
taken away, so that the disk never holds the whole archive.
"""

from __future__ import annotations

import json
import os
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from documents.adapters.confinement import (
    close_network,
    exit_with_parent,
    first_line,
    limit_resources,
)
from documents.adapters.extractors.archives import ZIP_DAMAGE, open_archive
from documents.adapters.extractors.zip_names import entry_parts, is_link
from documents.adapters.landlock import close_files
from documents.errors import (
    ArchiveBomb,
    CorruptFile,
    EncryptedFile,
    ExtractionExceeded,
    FileRefused,
    FileTooLarge,
)
from documents.sources.errors import EmptyArchive, EntryOutside, NestedArchive
from documents.sources.ports import is_litter

AHEAD = 16
_WAIT_S = 0.02
_BLOCK_BYTES = 1_000_000
# Small archives may well be repetitive: a ratio is only a danger above this size.
_RATIO_FLOOR_BYTES = 10_000_000
_MAX_DEPTH = 30

Message = dict[str, Any]


def main() -> None:
    request = json.loads(first_line())
    close_network()
    close_files([Path(request["path"])], [Path(request["target"])])
    exit_with_parent()
    limit_resources(
        memory_bytes=request["memory_bytes"],
        cpu_seconds=request["cpu_seconds"],
        file_bytes=request["max_entry_bytes"] + _BLOCK_BYTES,
    )
    try:
        for message in _answer(request):
            _send(message)
    except FileRefused as error:
        _send({"error": {"code": error.code, "cause": error.cause}})
    except MemoryError:
        _send({"error": {"code": ExtractionExceeded.code, "cause": "out of memory"}})


def _answer(request: Message) -> Iterator[Message]:
    path, target = Path(request["path"]), Path(request["target"])
    with open_archive(path) as archive:
        wanted = _wanted(archive)
        if not wanted:
            raise EmptyArchive
        _refuse_bomb([entry for entry, _parts in wanted.values()], path, request)
        yield {"count": len(wanted)}
        for number, (name, (entry, parts)) in enumerate(wanted.items(), start=1):
            _wait_for_room(target)
            try:
                _refuse_entry(entry, parts, request)
                _write(archive, entry, target / str(number), request["max_entry_bytes"])
            except FileRefused as error:
                (target / str(number)).unlink(missing_ok=True)
                told = {"code": error.code, "cause": error.cause}
                yield {"entry": {"number": 0, "path": name, **told}}
            else:
                yield {"entry": {"number": number, "path": name}}
    yield {"end": True}


def _wanted(archive: zipfile.ZipFile) -> dict[str, tuple[zipfile.ZipInfo, tuple[str, ...]]]:
    """The files by their names; of two of one name the last, as every program unpacks them."""
    found = {}
    for entry in archive.infolist():
        parts = entry_parts(entry)
        is_folder = entry.is_dir() or entry.filename.endswith("\\")
        if parts and not is_folder and not is_litter(parts):
            found["/".join(parts)] = (entry, parts)
    return found


def _refuse_bomb(entries: list[zipfile.ZipInfo], path: Path, request: Message) -> None:
    """Declared sizes can be trusted here: zipfile reads no byte beyond them."""
    if len(entries) > request["max_entries"]:
        raise ArchiveBomb(cause=f"{len(entries)} entries")
    total, packed = sum(entry.file_size for entry in entries), max(path.stat().st_size, 1)
    if total > request["max_bytes"]:
        raise ArchiveBomb(cause=f"{total} bytes unpacked")
    if total > _RATIO_FLOOR_BYTES and total > request["max_ratio"] * packed:
        raise ArchiveBomb(cause=f"{total} bytes unpacked from {packed}")
    for entry in entries:
        swells = entry.file_size > request["max_ratio"] * max(entry.compress_size, 1)
        if entry.file_size > _RATIO_FLOOR_BYTES and swells:
            raise ArchiveBomb(cause=f"entry of {entry.file_size} from {entry.compress_size}")


def _refuse_entry(entry: zipfile.ZipInfo, parts: tuple[str, ...], request: Message) -> None:
    if ".." in parts or parts[0] == "/" or parts[0].endswith(":") or is_link(entry):
        raise EntryOutside(cause=entry.filename)
    if len(parts) > _MAX_DEPTH:
        raise ArchiveBomb(cause=f"{len(parts)} folders deep")
    if entry.flag_bits & 0x1:
        raise EncryptedFile(cause=entry.filename)
    if parts[-1].lower().endswith((".zip", ".7z", ".rar", ".tar", ".gz", ".tgz")):
        raise NestedArchive(cause=entry.filename)
    if entry.file_size > request["max_entry_bytes"]:
        raise FileTooLarge(cause=f"{entry.file_size} bytes")


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, to: Path, limit: int) -> None:
    size = 0
    try:
        with archive.open(entry) as packed, to.open("wb") as target:
            while block := packed.read(_BLOCK_BYTES):
                size += len(block)
                if size > limit:
                    raise FileTooLarge(cause=f"more than {limit} bytes")
                target.write(block)
    except ZIP_DAMAGE as error:
        raise CorruptFile(cause=str(error)) from error
    except RuntimeError as error:  # how zipfile says that a password is needed
        raise EncryptedFile(cause=str(error)) from error


def _wait_for_room(target: Path) -> None:
    while len(os.listdir(target)) >= AHEAD:  # noqa: PTH208 (names alone)
        time.sleep(_WAIT_S)


def _send(message: Message) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
