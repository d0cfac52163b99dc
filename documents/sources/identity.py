"""What makes an entry of a source the same as before, and its document the same document."""

from __future__ import annotations

import hashlib
from pathlib import Path

from documents.models import Source, SourceEntry
from documents.sources.ports import Listed, key_of

Seen = SourceEntry.State


def stands(entry: SourceEntry) -> bool:
    """Whether there is nothing to do while the entry's content is the same. What was refused from
    the beginning is tried again: the reason may be gone. What had vanished and was deleted then
    comes back; what a curator deleted while it was there stays away."""
    if entry.state == Seen.VANISHED:
        return entry.document is not None and entry.document.deleted_at is None
    return entry.state != Seen.REFUSED or entry.document is not None


def document_path(source: Source, item: Listed) -> str:
    """What the document is known by in its corpus: two sources may hold files of one name."""
    if source.kind in {Source.Kind.PAGE, Source.Kind.SITEMAP}:
        return key_of(item.path)
    return key_of(f"{source.address}/{item.path}")


def sha256_of(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
