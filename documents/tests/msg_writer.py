"""Writes Outlook's messages for the tests: a compound file ([MS-CFB]) with the properties of
[MS-OXMSG], strings in Unicode."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Union

from compressed_rtf import compress

_END, _FREE, _FAT_SECTOR = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
Tree = Mapping[str, Union[bytes, "Tree"]]


@dataclass(frozen=True, slots=True)
class File:
    name: str
    content: bytes
    media_type: str = "application/octet-stream"
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Inside:
    """A message that is attached to another."""

    name: str
    storage: Tree


def msg(
    subject: str,
    body: str = "",
    *,
    html: bytes = b"",
    rtf: bytes = b"",
    sender: str = "Alice",
    to: str = "Bob",
    attached: Sequence[File | Inside] = (),
) -> bytes:
    tree = message(subject, body, html=html, rtf=rtf, sender=sender, to=to, attached=attached)
    return compound_file(tree)


def message(
    subject: str,
    body: str = "",
    *,
    html: bytes = b"",
    rtf: bytes = b"",
    sender: str = "Alice",
    to: str = "Bob",
    attached: Sequence[File | Inside] = (),
    header_bytes: int = 32,
) -> Tree:
    """The streams of a message; one inside another has a header of 24 bytes."""
    strings = {0x0037: subject, 0x1000: body, 0x0C1A: sender, 0x0E04: to}
    strings[0x0C1F] = f"{sender.lower()}@example.org"
    tree: dict[str, bytes | Tree] = {
        f"__substg1.0_{pid:04X}001F": text.encode("utf-16-le")
        for pid, text in strings.items()
        if text
    }
    if html:
        tree["__substg1.0_10130102"] = html
    if rtf:
        tree["__substg1.0_10090102"] = compress(rtf, compressed=True)
    # PidTagClientSubmitTime: 20 November 2026, 11:00 UTC in steps of 100 ns since 1601.
    sent = (1_795_172_400 + 11_644_473_600) * 10_000_000
    properties = struct.pack("<HHIQ", 0x0040, 0x0039, 6, sent)
    properties += struct.pack("<HHIQ", 0x0003, 0x3FDE, 6, 65001)  # the code page of HTML: UTF-8
    tree["__properties_version1.0"] = bytes(header_bytes) + properties
    for number, one in enumerate(attached):
        tree[f"__attach_version1.0_#{number:08X}"] = _attachment(one)
    return tree


def _attachment(one: File | Inside) -> Tree:
    method = 5 if isinstance(one, Inside) else 1
    properties = bytes(8) + struct.pack("<HHIQ", 0x0003, 0x3705, 6, method)
    tree: dict[str, bytes | Tree] = {
        "__properties_version1.0": properties,
        "__substg1.0_3707001F": one.name.encode("utf-16-le"),
    }
    if isinstance(one, Inside):
        tree["__substg1.0_3701000D"] = one.storage
    else:
        tree["__substg1.0_37010102"] = one.content
        tree["__substg1.0_370E001F"] = one.media_type.encode("utf-16-le")
        if one.content_id:
            tree["__substg1.0_3712001F"] = one.content_id.encode("utf-16-le")
    return tree


def compound_file(root: Tree) -> bytes:
    """Short streams in the mini stream, all others in sectors of 512 bytes; one FAT sector, so
    some 60 KB at most."""
    names, kinds, links, contents = ["Root Entry"], [5], [[_FREE, _FREE]], [b""]

    def add(tree: Tree, parent: int) -> None:
        before = None
        for name in sorted(tree, key=lambda one: (len(one), one.upper())):
            at, value = len(names), tree[name]
            names.append(name)
            kinds.append(2 if isinstance(value, bytes) else 1)
            links.append([_FREE, _FREE])  # right neighbour, first child
            contents.append(value if isinstance(value, bytes) else b"")
            if before is None:
                links[parent][1] = at
            else:
                links[before][0] = at
            before = at
            if not isinstance(value, bytes):
                add(value, at)

    add(root, 0)
    return _Sectors().written(names, kinds, links, contents)


class _Sectors:
    def __init__(self) -> None:
        self.fat = [_FAT_SECTOR]
        self.data = b""

    def put(self, content: bytes) -> int:
        if not content:
            return _END
        start, count = len(self.fat), -(-len(content) // 512)
        self.fat += [start + n + 1 for n in range(count - 1)] + [_END]
        self.data += content.ljust(count * 512, b"\0")
        return start

    def written(
        self, names: list[str], kinds: list[int], links: list[list[int]], contents: list[bytes]
    ) -> bytes:
        mini, starts = b"", []
        mini_fat: list[int] = []
        for content in contents:
            if not content:
                starts.append(_END)
            elif len(content) >= 4096:
                starts.append(self.put(content))
            else:
                start, count = len(mini_fat), -(-len(content) // 64)
                starts.append(start)
                mini_fat += [start + n + 1 for n in range(count - 1)] + [_END]
                mini += content.ljust(count * 64, b"\0")
        starts[0], sizes = self.put(mini), [len(mini), *map(len, contents[1:])]
        mini_fat_at = self.put(b"".join(struct.pack("<I", one) for one in mini_fat))
        directory = b"".join(
            name.encode("utf-16-le").ljust(64, b"\0")
            + struct.pack("<HBB3I", 2 * len(name) + 2, kind, 1, _FREE, right, child)
            + struct.pack("<16xI8x8xIQ", 0, start, size)
            for name, kind, (right, child), start, size in zip(
                names, kinds, links, starts, sizes, strict=True
            )
        )
        directory_at = self.put(directory.ljust(-(-len(directory) // 512) * 512, b"\0"))
        header = struct.pack(
            "<8s16xHHHHH6xIIIIIIIII",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            *(0x3E, 3, 0xFFFE, 9, 6, 0, 1, directory_at, 0, 4096),
            *(mini_fat_at, -(-len(mini_fat) // 128), _END, 0),
        )
        difat = struct.pack("<I", 0) + struct.pack("<I", _FREE) * 108
        fat = b"".join(struct.pack("<I", one) for one in self.fat).ljust(512, b"\xff")
        assert len(self.fat) <= 128, "too much for one FAT sector"
        return header + difat + fat + self.data
