"""Bytes on their way, a block at a time: read, hashed, packed."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING

from backups.ports import Writer

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK_BYTES = 256 * 1024
_GZIP = 31  # zlib's number for the format of gzip


def blocks_of(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        yield block


class Hashed:
    """Blocks as they come, counted and hashed on their way."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = blocks
        self._digest = hashlib.sha256()
        self.bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self._blocks:
            self._digest.update(block)
            self.bytes += len(block)
            yield block

    @property
    def sha256(self) -> str:
        """Of what has passed so far."""
        return self._digest.hexdigest()


class Measured:
    """What is written, counted and hashed on its way."""

    def __init__(self, to: Writer) -> None:
        self._to = to
        self._digest = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes, /) -> int:
        self._digest.update(data)
        self.bytes += len(data)
        return self._to.write(data)

    def flush(self) -> None:
        self._to.flush()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def gzipped(blocks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    for block in blocks:
        if packed := packer.compress(block):
            yield packed
    yield packer.flush()


def gunzipped(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Raises ValueError where they are no gzip file, or not all of one."""
    unpacker = zlib.decompressobj(_GZIP)
    try:
        for block in blocks:
            waiting = block
            while waiting:
                # However far a block unpacks, no more than this is in memory.
                if unpacked := unpacker.decompress(waiting, BLOCK_BYTES):
                    yield unpacked
                waiting = unpacker.unconsumed_tail
        if rest := unpacker.flush():
            yield rest
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not unpacker.eof:
        raise ValueError("it ends too early")


def lines_of(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
    if rest:
        yield rest


class Reader(io.RawIOBase):
    """Blocks as a file that can be read once."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        part = self._rest[: len(view)]
        view[: len(part)] = part
        self._rest = self._rest[len(part) :]
        return len(part)
