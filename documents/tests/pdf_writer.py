"""A PDF of plain lines of text: sizes, turns, bookmarks and a password, nothing more."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

_PAD = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
_ID = b"0123456789abcdef"
_PERMISSIONS = 0xFFFFFFFC


Line = tuple[float, float, str]  # x and y from the lower left corner, text


def drawing(*lines: Line, rules: Sequence[tuple[float, ...]] = (), turned: bytes = b"") -> bytes:
    """What a page draws, in the order given: lines of text where they stand, and `rules` from
    x, y to x, y. `turned` is a matrix for all of it."""
    parts = [turned + b" cm"] if turned else []
    parts += [b"%g %g m %g %g l S" % tuple(rule) for rule in rules]
    for x, y, text in lines:
        parts.append(b"BT /F1 11 Tf %g %g Td (%b) Tj ET" % (x, y, _escaped(text).encode("cp1252")))
    return b"\n".join(parts)


def pdf(
    *pages: str | bytes,  # lines of text, or what to draw
    rotate: int = 0,
    size: tuple[int, int] = (595, 842),
    bookmarks: Sequence[tuple[int, str, int]] = (),  # level from 1, title, page from 1
    password: str = "",
    labels: str = "",  # pairs of a page index and its style: "0 << /S /r >> 2 << /S /D >>"
) -> bytes:
    count = len(pages)
    key, encryption = _encryption(password) if password else (b"", b"")
    first_page, first_content, outline = 4, 4 + count, 4 + 2 * count
    kids = " ".join(f"{first_page + number} 0 R" for number in range(count))
    outlines = f" /Outlines {outline} 0 R" if bookmarks else ""
    numbering = f" /PageLabels << /Nums [{labels}] >>" if labels else ""
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R{outlines}{numbering} >>".encode(),
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    objects += [
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] /Rotate {rotate}"
        f" /Resources << /Font << /F1 3 0 R >> >>"
        f" /Contents {first_content + number} 0 R >>".encode()
        for number in range(count)
    ]
    for number, text in enumerate(pages):
        stream = text if isinstance(text, bytes) else _content(text, size[1])
        if key:
            stream = _rc4(_object_key(key, first_content + number), stream)
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream))
    objects += _outline(bookmarks, outline, first_page)
    if encryption:
        objects.append(encryption)
    return _assembled(objects, encrypted=bool(encryption))


def _content(text: str, height: int) -> bytes:
    lines = [b"(%b) Tj T*" % line.encode("cp1252") for line in _escaped(text).split("\n")]
    return b"BT /F1 11 Tf 14 TL 50 %d Td\n%b\nET" % (height - 60, b"\n".join(lines))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _outline(bookmarks: Sequence[tuple[int, str, int]], root: int, first_page: int) -> list[bytes]:
    """Every entry's parent is the nearest one above it with a lower level."""
    if not bookmarks:
        return []
    parents: list[int] = []
    for index, (level, _title, _page) in enumerate(bookmarks):
        above = [n for n in range(index) if bookmarks[n][0] < level]
        parents.append(root + 1 + above[-1] if above else root)
    ids = [root + 1 + index for index in range(len(bookmarks))]

    def links(parent: int) -> str:
        own = [entry for entry, above in zip(ids, parents, strict=True) if above == parent]
        return f" /First {own[0]} 0 R /Last {own[-1]} 0 R /Count {len(own)}" if own else ""

    objects = [f"<< /Type /Outlines{links(root)} >>".encode()]
    for index, (_level, title, page) in enumerate(bookmarks):
        later = [n for n in range(index + 1, len(ids)) if parents[n] == parents[index]]
        following = f" /Next {ids[later[0]]} 0 R" if later else ""
        objects.append(
            f"<< /Title ({title}) /Parent {parents[index]} 0 R{following}"
            f" /Dest [{first_page + page - 1} 0 R /Fit]{links(ids[index])} >>".encode("cp1252")
        )
    return objects


def _assembled(objects: Sequence[bytes], *, encrypted: bool) -> bytes:
    file = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    file += b"trailer << /Size %d /Root 1 0 R" % (len(objects) + 1)
    if encrypted:
        file += b" /Encrypt %d 0 R /ID [<%b> <%b>]" % (
            len(objects),
            _ID.hex().encode(),
            _ID.hex().encode(),
        )
    file += b" >>\nstartxref\n%d\n%%%%EOF\n" % table
    return bytes(file)


# The standard security handler, revision 2: old and weak, but a password all the same.


def _encryption(password: str) -> tuple[bytes, bytes]:
    padded = (password.encode() + _PAD)[:32]
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)
    permissions = _PERMISSIONS.to_bytes(4, "little")
    key = hashlib.md5(padded + owner + permissions + _ID).digest()[:5]
    user = _rc4(key, _PAD)
    return key, (
        f"<< /Filter /Standard /V 1 /R 2 /P {_PERMISSIONS - 2**32}"
        f" /O <{owner.hex()}> /U <{user.hex()}> >>"
    ).encode()


def _object_key(key: bytes, number: int) -> bytes:
    return hashlib.md5(key + number.to_bytes(3, "little") + bytes(2)).digest()[:10]


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
