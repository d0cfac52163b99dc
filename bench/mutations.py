"""Damaged copies of files: what a broken disk, a cut connection or ill will makes of them."""

from __future__ import annotations

import io
import random
import zipfile

_FLIPS = (1, 4, 16, 64)
# What parsers trip over: lengths, counts and offsets at their ends.
_NUMBERS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\1\0\0\0", b"999999999")


def mutated(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """`content` damaged once or twice; `other` is a file to splice from. Never empty."""
    if content.startswith(b"PK\3\4") and chance.random() < 0.5:
        return _mutated_inside(content, other, chance)
    for _ in range(chance.choice((1, 1, 2))):
        content = chance.choice(_MUTATIONS)(content, other, chance) or b"\0"
    return content


def _mutated_inside(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """One entry of a zip damaged, and the zip itself intact: it is the parsers that read it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError):
        return content[:-1]
    chosen = chance.choice([name for name, data in entries.items() if data])
    entries[chosen] = chance.choice(_MUTATIONS)(entries[chosen], other, chance)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _flipped(content: bytes, _other: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(chance.choice(_FLIPS)):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def _truncated(content: bytes, _other: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(1, len(content) + 1)]


def _beheaded(content: bytes, _other: bytes, chance: random.Random) -> bytes:
    return content[chance.randrange(len(content)) :]


def _spliced(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """The beginning of one and the end of another."""
    return content[: chance.randrange(1, len(content) + 1)] + other[chance.randrange(len(other)) :]


def _overwritten(content: bytes, other: bytes, chance: random.Random) -> bytes:
    at, length = chance.randrange(len(content)), chance.randrange(1, 2_000)
    start = chance.randrange(len(other))
    return content[:at] + other[start : start + length] + content[at + length :]


def _repeated(content: bytes, _other: bytes, chance: random.Random) -> bytes:
    at, length = chance.randrange(len(content)), chance.randrange(1, 5_000)
    piece = content[at : at + length]
    return content[:at] + piece * chance.randrange(2, 20) + content[at + length :]


def _renumbered(content: bytes, _other: bytes, chance: random.Random) -> bytes:
    at, number = chance.randrange(len(content)), chance.choice(_NUMBERS)
    return content[:at] + number + content[at + len(number) :]


_MUTATIONS = (
    _flipped,
    _flipped,
    _truncated,
    _beheaded,
    _spliced,
    _overwritten,
    _repeated,
    _renumbered,
)
