"""Stored files over HTTP: in blocks, from any Django Storage, honouring Range.

Django's FileResponse reads a whole file at once under ASGI and ignores Range. Who may have the
file is the view's business, which therefore runs on every request, ranges included.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import IO

from django.core.files.storage import Storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from common.errors import NotFound

# As much as one download holds in memory; an S3 read fetches as much at once.
BLOCK_BYTES = 256 * 1024

_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)

# What a browser may do with a file that somebody uploaded, should it ever render it: nothing.
# A PDF is shown by the browser's own viewer, which does not start inside a sandbox.
_POLICY_INLINE = "default-src 'none'; frame-ancestors 'self'"
_POLICY_ATTACHMENT = "default-src 'none'; sandbox"


@dataclass(frozen=True, slots=True)
class StoredFile:
    storage: Storage
    name: str  # in the storage
    size: int
    sha256: str
    media_type: str
    file_name: str  # as the reader saves it
    inline: bool  # False: never shown, only saved


class UnsatisfiableRange(ValueError):
    """The range begins beyond the end."""


def requested_range(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a single range; None where the whole file is to be sent.

    Several ranges, or what is no byte range at all, may be answered with everything (RFC 9110,
    14.2); only a range that begins behind the end is an error.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":  # the last n bytes
        length = int(match[2])
        if length == 0 or size == 0:
            raise UnsatisfiableRange
        return max(size - length, 0), size - 1
    first = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise UnsatisfiableRange
    return first, min(last, size - 1)


def file_response(request: HttpRequest, file: StoredFile) -> HttpResponseBase:
    """200, 206, 304 or 416 for a GET or HEAD. Raises NotFound where the storage has lost it."""
    etag = f'"{file.sha256}"'
    if etag in [tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")]:
        return _with_headers(HttpResponse(status=304), file, etag)
    try:
        wanted = _range_of(request, etag, file.size)
    except UnsatisfiableRange:
        refusal = _with_headers(HttpResponse(status=416), file, etag)
        refusal.headers["Content-Range"] = f"bytes */{file.size}"
        return refusal
    first, last = wanted or (0, file.size - 1)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        response = _BlockResponse(_open(file), first, last - first + 1)
    if wanted is not None:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {first}-{last}/{file.size}"
    response.headers["Content-Length"] = str(last - first + 1)
    return _with_headers(response, file, etag)


def _range_of(request: HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    header = request.headers.get("Range", "")
    # If-Range: the part only if it is still the same file. We give no date to compare with.
    if request.method != "GET" or request.headers.get("If-Range", etag) != etag:
        return None
    return requested_range(header, size)


def _open(file: StoredFile) -> IO[bytes]:
    try:
        return file.storage.open(file.name, "rb")
    except FileNotFoundError as error:
        raise NotFound(cause=f"the storage has no {file.name}") from error


def _with_headers(response: HttpResponseBase, file: StoredFile, etag: str) -> HttpResponseBase:
    disposition = content_disposition_header(not file.inline, file.file_name)
    headers = {
        "Accept-Ranges": "bytes",
        # Asked again each time, so that a revoked right holds for what a browser has kept.
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition or "attachment",
        "Content-Security-Policy": _POLICY_INLINE if file.inline else _POLICY_ATTACHMENT,
        "Content-Type": file.media_type,
        "Cross-Origin-Resource-Policy": "same-origin",
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
    }
    for name, value in headers.items():
        response.headers[name] = value
    return response


class _BlockResponse(StreamingHttpResponse):
    """`length` bytes of an open file from `first` on; closes it however the sending ends."""

    def __init__(self, opened: IO[bytes], first: int, length: int) -> None:
        super().__init__(_blocks(opened, first, length))
        self._opened = opened

    def close(self) -> None:
        self._opened.close()
        super().close()


async def _blocks(opened: IO[bytes], first: int, length: int) -> AsyncGenerator[bytes, None]:
    await asyncio.to_thread(opened.seek, first)
    while length > 0:
        block = await asyncio.to_thread(opened.read, min(BLOCK_BYTES, length))
        if not block:  # shorter than its row says: the reader sees a broken transfer, not a lie
            return
        length -= len(block)
        yield block
