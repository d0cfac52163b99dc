"""The zip of an export, written while it is sent.

With the standard library, which writes to what cannot be wound back: stream-zip keeps a stored
entry in memory until its checksum is known, and zipstream-ng wraps the same zipfile.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Generator, Iterator

from django.utils import timezone

from documents.transfer.errors import FileLost
from documents.transfer.exporting import Export, Original
from documents.transfer.manifest import MANIFEST_NAME, encode

BLOCK_BYTES = 256 * 1024


class _Sent(io.RawIOBase):
    """What the zip is written to: kept until it is taken. It cannot be wound back, for which
    zipfile puts sizes behind each entry."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def zip_blocks(export: Export) -> Generator[bytes, None, None]:
    """The zip, a block of a file at a time. Raises FileLost in the midst of it where a stored file
    is not what its row says: a broken transfer rather than a wrong one."""
    sent = _Sent()
    with zipfile.ZipFile(sent, "w") as archive:
        with archive.open(_entry(MANIFEST_NAME, packs=True), "w") as entry:
            entry.write(encode(export.manifest))
        for original in export.originals:
            info = _entry(original.entry, packs=original.packs)
            with archive.open(info, "w", force_zip64=True) as entry:
                for block in _blocks(original):
                    entry.write(block)
                    if taken := sent.take():
                        yield taken
    yield sent.take()


def _entry(name: str, *, packs: bool) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, timezone.localtime().timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED if packs else zipfile.ZIP_STORED
    info.external_attr = 0o644 << 16
    return info


def _blocks(original: Original) -> Iterator[bytes]:
    digest = hashlib.sha256()
    try:
        with original.storage.open(original.name, "rb") as stored:
            while block := stored.read(BLOCK_BYTES):
                digest.update(block)
                yield block
    except FileNotFoundError as error:
        raise FileLost(title=original.title) from error
    if digest.hexdigest() != original.sha256:
        raise FileLost(title=original.title, cause=f"{original.name} is not what its row says")
