"""Which prefixes of which object stores curators may gather from."""

from __future__ import annotations

from django.conf import settings

from documents.sources.errors import StoreRefused


def opened_prefix(address: str) -> str:
    """“bucket/prefix” as it is kept: whole folders. Raises StoreRefused where the operator has not
    opened it, and for our own store, which holds everybody's documents."""
    parts = [part for part in address.removeprefix("s3://").split("/") if part]
    opened = [name.strip("/").split("/") for name in settings.SOURCES_S3_BUCKETS]
    is_opened = any(parts[: len(names)] == names for names in opened)
    if not settings.SOURCES_S3_ENDPOINT or not is_opened or ".." in parts or _is_our_own(parts[0]):
        raise StoreRefused(address=address[:300])
    return "/".join(parts)


def _is_our_own(bucket: str) -> bool:
    ours = settings.STORAGES["default"].get("OPTIONS", {}).get("bucket")
    same_server = settings.SOURCES_S3_ENDPOINT.rstrip("/") == settings.MINIO_URL.rstrip("/")
    return same_server and bucket == ours
