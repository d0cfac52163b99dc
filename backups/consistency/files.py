"""Stored files beside the rows that name them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import TypeVar

from django.core.files.storage import default_storage
from django.utils import timezone

from backups.consistency.findings import Kind, Report
from backups.stored import Named, Stored, named_files, stored_files
from backups.streams import Hashed, blocks_of
from documents.models import DocumentVersion, Source
from documents.renditions import RENDITION

Item = TypeVar("Item")

_AT_A_TIME = 500
# An upload stores the file before its row is committed.
SURELY_LEFT = timedelta(days=1)


def compare_files(report: Report, *, deep: bool, mend: bool) -> None:
    count = 0
    for named in named_files():
        count += 1
        _look_at(named, report, deep=deep)
    report.counts["files"] = count
    for some in _batched(stored_files(), _AT_A_TIME):
        for found in _without_row(some):
            report.add(Kind.FILE_WITHOUT_ROW, found.name, repaired=mend and _remove(found))


def _look_at(named: Named, report: Report, *, deep: bool) -> None:
    try:
        size = default_storage.size(named.name)
        content = _hash(named.name) if deep and named.sha256 else ""
    except FileNotFoundError:
        if not named.optional and _is_still_named(named.name):
            report.add(Kind.FILE_MISSING, named.name)
        return
    if named.bytes is not None and size != named.bytes:
        report.add(Kind.FILE_OTHER_SIZE, f"{named.name}: {size} / {named.bytes}")
    elif content != (named.sha256 if content else ""):
        report.add(Kind.FILE_OTHER_CONTENT, named.name)


def _hash(name: str) -> str:
    with default_storage.open(name, "rb") as stored:
        hashed = Hashed(blocks_of(stored))
        for _block in hashed:
            pass
    return hashed.sha256


def _is_still_named(name: str) -> bool:
    """It may have been purged since its row was read."""
    return not _without_row([Stored(name, 0, timezone.now())])


def _without_row(some: Iterable[Stored]) -> list[Stored]:
    asked = {found.name.removesuffix(RENDITION) for found in some}
    named = set(DocumentVersion.objects.filter(file__in=asked).values_list("file", flat=True))
    named |= set(Source.objects.filter(file__in=asked).values_list("file", flat=True))
    return [found for found in some if found.name.removesuffix(RENDITION) not in named]


def _remove(found: Stored) -> bool:
    if found.modified_at > timezone.now() - SURELY_LEFT:
        return False
    default_storage.delete(found.name)
    return True


def _batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
