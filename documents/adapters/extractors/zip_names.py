"""How the entries of a zip are called, whatever program has packed it."""

from __future__ import annotations

import stat
import unicodedata
import zipfile

_IS_UTF8 = 0x800


def entry_parts(entry: zipfile.ZipInfo) -> tuple[str, ...]:
    """The folders and the name. A name that begins at the root keeps “/” as its first part."""
    name = unicodedata.normalize("NFC", _decoded(entry)).replace("\\", "/")
    parts = tuple(part for part in name.split("/") if part not in {"", "."})
    return ("/", *parts) if name.startswith("/") and parts else parts


def _decoded(entry: zipfile.ZipInfo) -> str:
    """Without the mark that it is UTF-8 a name is read as code page 437; some programs write
    UTF-8 without the mark."""
    if entry.flag_bits & _IS_UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)
