"""Which place a source's row names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings

from documents.adapters.unpacking import UnpackingLimits
from documents.models import Source
from documents.ports import ExtractionLimits
from documents.sources.addresses import outbound_policy
from documents.sources.archives import ArchivePlace
from documents.sources.folders import FolderPlace
from documents.sources.ports import Beat, Place
from documents.sources.stores import opened_prefix

Kind = Source.Kind

# Of all that an archive may unpack to, beside what one file may have.
_ARCHIVE_TIMES_ITS_LIMIT = 20


@contextmanager
def open_place(source: Source, beat: Beat) -> Iterator[Place]:
    """Raises CassandreError where it cannot be looked at."""
    if source.kind == Kind.FOLDER:
        yield FolderPlace(Path(source.address), settings.MAX_UPLOAD_MB, beat)
    elif source.kind == Kind.ARCHIVE:
        yield ArchivePlace(source, unpacking_limits(), beat)
    elif source.kind == Kind.BUCKET:
        yield _bucket(source.address, beat)
    else:
        with _web_place(source.kind, source.address, beat) as place:
            yield place


def unpacking_limits() -> UnpackingLimits:
    entry_bytes = settings.MAX_UPLOAD_MB * 1_000_000
    return UnpackingLimits(
        max_entries=settings.SOURCES_MAX_FILES,
        max_bytes=entry_bytes * _ARCHIVE_TIMES_ITS_LIMIT,
        max_entry_bytes=entry_bytes,
        max_ratio=ExtractionLimits(max_pages=1).max_ratio,
        timeout_s=settings.INGESTION_TIMEOUT_S,
        memory_mb=settings.INGESTION_MEMORY_MB,
    )


def _bucket(address: str, beat: Beat) -> Place:
    from documents.adapters.buckets import Bucket, StoreAccess  # noqa: PLC0415 (loads minio)
    from documents.sources.buckets import BucketPlace  # noqa: PLC0415

    opened_prefix(address)  # it may have been closed since
    access = StoreAccess(
        settings.SOURCES_S3_ENDPOINT, settings.SOURCES_S3_KEY, settings.SOURCES_S3_SECRET
    )
    return BucketPlace(
        Bucket(access, address.partition("/")[0]),
        address,
        settings.MAX_UPLOAD_MB,
        settings.SOURCES_MAX_FILES,
        beat,
    )


@contextmanager
def _web_place(kind: str, address: str, beat: Beat) -> Iterator[Place]:
    from documents.sources.pages import PagePlace, SitemapPlace  # noqa: PLC0415 (loads httpx)
    from documents.sources.web import Web, WebManners  # noqa: PLC0415

    manners = WebManners(
        settings.SOURCES_USER_AGENT, settings.SOURCES_DELAY_S, settings.MAX_UPLOAD_MB
    )
    with closing(Web(outbound_policy(), manners, beat)) as web:
        if kind == Kind.PAGE:
            yield PagePlace(web, address)
        else:
            yield SitemapPlace(web, address, settings.SOURCES_MAX_FILES)
