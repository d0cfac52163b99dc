"""A zip unpacked in a child process, file by file."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from common.errors import known_errors
from documents.adapters.sandbox import child_environment
from documents.errors import CorruptFile, ExtractionExceeded, FileRefused, IngestionFailed

_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "documents.adapters.unpacking_child")
# Whoever waits must show life meanwhile.
_ON_WAIT_S = 5.0
_READ_BYTES = 65_536
_MAX_LINE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class UnpackingLimits:
    max_entries: int
    max_bytes: int  # unpacked, of all entries
    max_entry_bytes: int
    max_ratio: int  # unpacked bytes per packed one
    timeout_s: float
    memory_mb: int

    @property
    def bounds(self) -> str:
        return f"{self.timeout_s:g} s, {self.memory_mb} MB"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """One file of an archive: where its bytes are, or why there are none."""

    path: str  # within the archive, “/” between its folders
    file: Path | None
    refusal: FileRefused | None = None


def unpacked(
    archive: Path,
    target: Path,
    limits: UnpackingLimits,
    on_wait: Callable[[], None] = lambda: None,
) -> Iterator[Unpacked | int]:
    """First how many files there are, then each of them, in the empty folder `target`: who has
    done with one removes it, for the child stays only a few ahead.

    Raises FileRefused where the archive as a whole is at fault, IngestionFailed where the child
    could not do its work, and what `on_wait` raises, which is called while the child is waited
    for. Closing the iterator ends the child.
    """
    request = {
        "path": str(archive.resolve()),
        "target": str(target.resolve()),
        "max_entries": limits.max_entries,
        "max_bytes": limits.max_bytes,
        "max_entry_bytes": limits.max_entry_bytes,
        "max_ratio": limits.max_ratio,
        "memory_bytes": limits.memory_mb * 1024 * 1024,
        "cpu_seconds": int(limits.timeout_s) + 5,
    }
    ended = False
    with _child(request) as (process, lines):
        for line in _lines(lines, limits, on_wait):
            message = _understood(line)
            if "count" in message:
                yield int(message["count"])
            elif "entry" in message:
                yield _entry(message["entry"], target)
            elif "error" in message:
                raise _refusal(message["error"], limits)
            ended = "end" in message
    if not ended:
        raise _failure(process.returncode, limits)


@contextmanager
def _child(request: dict[str, Any]) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    process = subprocess.Popen(
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env=child_environment(),
        start_new_session=True,
    )
    stdin, stdout = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
    try:
        with suppress(BrokenPipeError):
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
        yield process, stdout
        with suppress(subprocess.TimeoutExpired):  # it has closed its end: it is dying
            process.wait(5.0)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        for stream in (stdin, stdout):
            with suppress(BrokenPipeError):
                stream.close()
        process.wait()


def _lines(
    stream: IO[bytes], limits: UnpackingLimits, on_wait: Callable[[], None]
) -> Iterator[bytes]:
    """The clock runs while we wait for the child, not while it waits for us."""
    poll = select.poll()
    poll.register(stream.fileno(), select.POLLIN | select.POLLHUP)
    unfinished, left = b"", limits.timeout_s
    while True:
        since = time.monotonic()
        ready = poll.poll(max(0.0, min(left, _ON_WAIT_S)) * 1000)
        left -= time.monotonic() - since
        if not ready:
            if left <= 0:
                raise ExtractionExceeded(limit=limits.bounds, cause="time-out")
            on_wait()
            continue
        data = os.read(stream.fileno(), _READ_BYTES)
        if not data:
            return
        *lines, unfinished = (unfinished + data).split(b"\n")
        if len(unfinished) > _MAX_LINE_BYTES:
            raise CorruptFile(cause="endless line of the child")
        yield from lines


def _understood(line: bytes) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise CorruptFile(cause=f"answer of the child: {error}") from error
    if not isinstance(message, dict):
        raise CorruptFile(cause="answer of the child")
    return message


def _entry(values: dict[str, Any], target: Path) -> Unpacked:
    """By its number: a child that has been taken over cannot name any other file of ours."""
    path, number = str(values["path"]), int(values["number"])
    if number:
        return Unpacked(path, target / str(number))
    return Unpacked(path, None, _refused(values, file=path))


def _refused(values: dict[str, Any], **params: str) -> FileRefused:
    kind = known_errors().get(str(values.get("code")), CorruptFile)
    if not issubclass(kind, FileRefused):
        kind = CorruptFile
    return kind(cause=str(values.get("cause", "")), **params)


def _refusal(values: dict[str, Any], limits: UnpackingLimits) -> FileRefused:
    refusal = _refused(values)
    if isinstance(refusal, ExtractionExceeded):
        refusal.params["limit"] = limits.bounds
    return refusal


def _failure(status: int | None, limits: UnpackingLimits) -> FileRefused | IngestionFailed:
    """Why the child ended without saying so."""
    cause = f"status {status}"
    if status is not None and status < 0:
        return ExtractionExceeded(limit=limits.bounds, cause=cause)
    return IngestionFailed(cause=cause) if status else CorruptFile(cause=cause)
