"""The objects below a prefix of an S3 server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from common.errors import Unavailable
from common.storage import BLOCK_BYTES, MISSING, RETRIES, TIMEOUT


@dataclass(frozen=True, slots=True)
class StoreAccess:
    endpoint: str  # the scheme decides about TLS
    key: str
    secret: str


@dataclass(frozen=True, slots=True)
class FoundObject:
    name: str
    etag: str
    size: int  # bytes


class Bucket:
    """Raises Unavailable where the server refuses or does not answer, FileNotFoundError where
    what is asked for is not there."""

    def __init__(self, access: StoreAccess, bucket: str) -> None:
        parts = urlsplit(access.endpoint)
        self._bucket = bucket
        self._client = Minio(
            endpoint=parts.netloc,
            access_key=access.key,
            secret_key=access.secret,
            secure=parts.scheme == "https",
            http_client=urllib3.PoolManager(timeout=TIMEOUT, retries=RETRIES),
        )

    def objects(self, prefix: str) -> Iterator[FoundObject]:
        try:
            for found in self._client.list_objects(
                bucket_name=self._bucket, prefix=prefix, recursive=True
            ):
                if not found.is_dir and found.object_name:
                    etag = (found.etag or "").strip('"')
                    yield FoundObject(found.object_name, etag, found.size or 0)
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise _ours(error) from error

    def download(self, name: str, to: Path, on_block: Callable[[], None]) -> None:
        try:
            response = self._client.get_object(bucket_name=self._bucket, object_name=name)
            try:
                with to.open("wb") as target:
                    for block in response.stream(BLOCK_BYTES):
                        target.write(block)
                        on_block()
            finally:
                response.close()
                response.release_conn()
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            raise _ours(error) from error


def _ours(error: Exception) -> Exception:
    if isinstance(error, S3Error) and error.code in MISSING:
        return FileNotFoundError(error.code)
    cause = f"{error.code}: {error.message}" if isinstance(error, S3Error) else str(error)
    return Unavailable(component="S3", cause=cause)
