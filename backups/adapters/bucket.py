"""Backups below a prefix of an S3 bucket, in parts of bounded memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, cast
from urllib.parse import urlsplit

import urllib3
from django.conf import settings
from minio import Minio
from minio.error import MinioException, S3Error

from backups.errors import TargetInvalid
from backups.ports import Writer
from backups.streams import BLOCK_BYTES
from common.errors import Unavailable
from common.storage import MISSING, PART_BYTES, RETRIES, TIMEOUT


class BucketTarget:
    """Raises TargetInvalid where no server is named for it."""

    def __init__(self, bucket: str, prefix: str, *, make: bool) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        if not settings.BACKUP_S3_ENDPOINT or not bucket:
            raise TargetInvalid(target=self.address, cause="BACKUP_S3_ENDPOINT is not set")
        parts = urlsplit(settings.BACKUP_S3_ENDPOINT)
        self._client = Minio(
            endpoint=parts.netloc,
            access_key=settings.BACKUP_S3_KEY,
            secret_key=settings.BACKUP_S3_SECRET,
            secure=parts.scheme == "https",
            http_client=urllib3.PoolManager(timeout=TIMEOUT, retries=RETRIES),
        )
        with _our_errors(bucket):
            if self._client.bucket_exists(bucket_name=bucket):
                return
            if not make:
                raise TargetInvalid(target=self.address, cause="the bucket does not exist")
            self._client.make_bucket(bucket_name=bucket)

    @property
    def address(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}"

    @contextmanager
    def writing(self, name: str) -> Iterator[Writer]:
        """The S3 client reads what it sends: on a thread, from a pipe that is written to here."""
        out, into = os.pipe()
        sending = _Sending(out, lambda source: self._put(name, source))
        sending.start()
        try:
            with os.fdopen(into, "wb", BLOCK_BYTES) as pipe:
                try:
                    yield pipe
                    pipe.flush()
                except BrokenPipeError:
                    pass  # the thread's own error says why
                except BaseException:
                    sending.cancel()
                    raise
        finally:
            sending.join()
        if sending.error is not None:
            raise sending.error

    def _put(self, name: str, source: IO[bytes]) -> None:
        with _our_errors(name):
            self._client.put_object(
                bucket_name=self._bucket,
                object_name=self._prefix + name,
                data=cast(BinaryIO, source),
                length=-1,
                part_size=PART_BYTES,
                num_parallel_uploads=1,  # each holds a part in memory
            )

    @contextmanager
    def reading(self, name: str) -> Iterator[Iterator[bytes]]:
        with _our_errors(name):
            response = self._client.get_object(
                bucket_name=self._bucket, object_name=self._prefix + name
            )
            try:
                yield response.stream(BLOCK_BYTES)
            finally:
                response.close()
                response.release_conn()

    def exists(self, name: str) -> bool:
        try:
            with _our_errors(name):
                self._client.stat_object(bucket_name=self._bucket, object_name=self._prefix + name)
        except FileNotFoundError:
            return False
        return True

    def names(self, prefix: str) -> Iterator[str]:
        with _our_errors(prefix):
            for found in self._client.list_objects(
                bucket_name=self._bucket, prefix=self._prefix + prefix, recursive=True
            ):
                if found.object_name and not found.is_dir:
                    yield found.object_name.removeprefix(self._prefix)

    def delete(self, name: str) -> None:
        with _our_errors(name):
            self._client.remove_object(bucket_name=self._bucket, object_name=self._prefix + name)


class _Sending(threading.Thread):
    """Reads one end of a pipe until the other is closed; `error` is how it went wrong."""

    def __init__(self, out: int, send: Any) -> None:
        super().__init__(name="backup part", daemon=True)
        self._out = out
        self._send = send
        self._cancelled = False
        self.error: Exception | None = None

    def cancel(self) -> None:
        """Before the pipe is closed: what came so far must not be taken for all of it."""
        self._cancelled = True

    def run(self) -> None:
        try:
            with os.fdopen(self._out, "rb", BLOCK_BYTES) as pipe:
                self._send(_Uncancelled(pipe, lambda: self._cancelled))
        except Exception as error:  # noqa: BLE001 (raised again by whoever writes)
            self.error = error


class _Uncancelled:
    def __init__(self, pipe: IO[bytes], is_cancelled: Any) -> None:
        self._pipe = pipe
        self._is_cancelled = is_cancelled

    def read(self, size: int = -1) -> bytes:
        data = self._pipe.read(size)
        if self._is_cancelled():
            raise OSError("what was sent is not complete")
        return data


@contextmanager
def _our_errors(name: str) -> Iterator[None]:
    try:
        yield
    except S3Error as error:
        if error.code in MISSING:
            raise FileNotFoundError(name) from error
        raise Unavailable(component="S3", cause=f"{error.code}: {error.message}") from error
    except (MinioException, urllib3.exceptions.HTTPError) as error:
        raise Unavailable(component="S3", cause=str(error)) from error
