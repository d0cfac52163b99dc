"""An S3 server as a Django Storage, through the `minio` client.

Files leave only through our own views, which ask for the reader's right on every request:
there is no `url()`, so that no presigned address outlives a revoked right.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import IO, TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urlsplit

import urllib3
from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible

from common.errors import Unavailable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from minio import Minio

logger = logging.getLogger(__name__)

# One request fetches this much at least: pdf.js asks for 64 KiB pieces that lie close together.
BLOCK_BYTES = 1024 * 1024
# Larger files travel in parts, three at a time, so this bounds the memory of an upload.
PART_BYTES = 8 * 1024 * 1024
# A store that does not answer must not hold a worker for the client's default of 5 minutes.
TIMEOUT = urllib3.Timeout(connect=3, read=15)
# One that takes a request and says nothing is not asked again: somebody waits.
RETRIES = urllib3.Retry(total=3, read=0, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504])
MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "NoSuchObject"})


@contextmanager
def _our_errors(name: str) -> Iterator[None]:
    from minio.error import MinioException, S3Error  # noqa: PLC0415 (heavy, only with MINIO_URL)

    try:
        yield
    except S3Error as error:
        if error.code in MISSING:
            raise FileNotFoundError(name) from error
        raise Unavailable(component="S3", cause=f"{error.code}: {error.message}") from error
    except (MinioException, urllib3.exceptions.HTTPError) as error:
        raise Unavailable(component="S3", cause=str(error)) from error


class _ObjectReader(io.RawIOBase):
    """An object as a seekable file: each read is one ranged request that is read to its end."""

    def __init__(self, storage: MinioStorage, name: str, size: int) -> None:
        self._storage = storage
        self._name = name
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"negative seek position {start + offset}")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        length = min(len(view), self._size - self._position)
        if length <= 0:
            return 0
        data = self._storage.read_range(self._name, self._position, length)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


@deconstructible(path="common.storage.MinioStorage")
class MinioStorage(Storage):
    """`url` carries the scheme, which decides TLS. `prepare` makes the bucket, or a save."""

    def __init__(self, *, url: str, access_key: str, secret_key: str, bucket: str) -> None:
        self._url = url
        self._access_key = access_key
        self._secret_key = secret_key
        self._bucket = bucket
        self._bucket_is_there = False

    @cached_property
    def _client(self) -> Minio:
        from minio import Minio  # noqa: PLC0415 (heavy, only with MINIO_URL)

        parts = urlsplit(self._url)
        return Minio(
            endpoint=parts.netloc,
            access_key=self._access_key,
            secret_key=self._secret_key,
            secure=parts.scheme == "https",
            http_client=urllib3.PoolManager(timeout=TIMEOUT, retries=RETRIES, maxsize=10),
        )

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            raise ValueError(f"{name}: objects are opened for reading, not {mode!r}")
        reader = io.BufferedReader(_ObjectReader(self, name, self.size(name)), BLOCK_BYTES)
        return File(reader, name)

    def read_range(self, name: str, start: int, length: int) -> bytes:
        with _our_errors(name):
            response = self._client.get_object(
                bucket_name=self._bucket, object_name=name, offset=start, length=length
            )
            try:
                return response.read()
            finally:
                response.release_conn()

    def _save(self, name: str, content: IO[bytes]) -> str:
        file = content if isinstance(content, File) else File(content, name)
        file.seek(0)
        with _our_errors(name):
            self._make_bucket_once()
            self._client.put_object(
                bucket_name=self._bucket,
                object_name=name,
                data=cast(BinaryIO, file),
                length=file.size,
                part_size=PART_BYTES,
            )
        return name

    def make_bucket(self) -> None:
        """Raises Unavailable."""
        with _our_errors(self._bucket):
            self._make_bucket_once()

    def _make_bucket_once(self) -> None:
        from minio.error import S3Error  # noqa: PLC0415 (heavy, only with MINIO_URL)

        if self._bucket_is_there:
            return
        if not self._client.bucket_exists(bucket_name=self._bucket):
            try:
                self._client.make_bucket(bucket_name=self._bucket)
            except S3Error as error:  # another process was faster
                if error.code != "BucketAlreadyOwnedByYou":
                    raise
            logger.info("bucket %s made", self._bucket)
        self._bucket_is_there = True

    def delete(self, name: str) -> None:
        with _our_errors(name):
            self._client.remove_object(bucket_name=self._bucket, object_name=name)

    def exists(self, name: str) -> bool:
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def objects(self) -> Iterator[tuple[str, int, datetime]]:
        """Name, bytes and last change of all that the bucket holds; nothing where there is none."""
        try:
            with _our_errors(self._bucket):
                for found in self._client.list_objects(bucket_name=self._bucket, recursive=True):
                    if found.object_name and found.last_modified and not found.is_dir:
                        yield found.object_name, found.size or 0, found.last_modified
        except FileNotFoundError:
            return

    def size(self, name: str) -> int:
        with _our_errors(name):
            found = self._client.stat_object(bucket_name=self._bucket, object_name=name)
        return found.size or 0
