"""Office files under a password: what is inside shows only once somebody has given it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from documents.errors import EncryptedFile
from documents.ports import LOCKED_OFFICE, ExtractedPage, ExtractionLimits

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def is_locked_office(path: Path) -> bool:
    """Of a file that is known to be encrypted: whether Office made it."""
    with path.open("rb") as file:
        return file.read(len(_OLE)) == _OLE


class LockedExtractor:
    media_types = frozenset({LOCKED_OFFICE})

    def extract(self, path: Path, limits: ExtractionLimits) -> Iterator[ExtractedPage]:
        raise EncryptedFile
