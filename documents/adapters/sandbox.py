"""Extraction in a child process: bounded in time and memory, its pages streamed as they come."""

from __future__ import annotations

import compileall
import json
import os
import select
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import IO

from documents.adapters.child_answers import (
    Answer,
    HandedOut,
    Message,
    Remark,
    Unreadable,
    understood,
)
from documents.adapters.nursery import Born, Nursery
from documents.errors import CorruptFile, ExtractionExceeded, FileRefused, IngestionFailed
from documents.ports import ExtractedPage, ExtractionLimits

_ROOT = Path(__file__).resolve().parents[2]
_PROBE_SECONDS = 20.0
_DYING_SECONDS = 5.0
_READ_BYTES = 262_144
# Formats without pages say nothing until all is read; whoever waits must show life meanwhile.
ON_WAIT_S = 2.0
# No honest page comes near; a child that has been taken over must not fill our memory.
_MAX_LINE_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class ExtractionRequest:
    path: Path
    file_name: str  # as the user knows it: named in every refusal
    media_type: str
    limits: ExtractionLimits
    timeout_s: float
    memory_mb: int
    # Where the files inside are put; None: its pages are read.
    attachments: Path | None = None

    @property
    def bounds(self) -> str:
        return f"{self.timeout_s:g} s, {self.memory_mb} MB"

    def message(self) -> Message:
        return {
            "path": str(self.path.resolve()),
            "media_type": self.media_type,
            "limits": asdict(self.limits),
            "memory_bytes": self.memory_mb * 1024 * 1024,
            # Our own clock is the bound that users are told of; this one outlives our death.
            "cpu_seconds": int(self.timeout_s) + 5,
            "attachments": str(self.attachments.resolve()) if self.attachments else "",
        }


@dataclass(frozen=True, slots=True)
class _Child:
    process: Born
    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]


class _TimeIsUp(Exception):
    """The child was waited for longer than allowed."""


def extract_in_child(
    request: ExtractionRequest,
    on_count: Callable[[int], None],
    on_wait: Callable[[], None] = lambda: None,
    on_remark: Callable[[FileRefused], None] = lambda remark: None,
) -> Iterator[ExtractedPage]:
    """The file's pages as they are read; `on_count` is told their number once it is known,
    `on_wait` is called every ON_WAIT_S while the child says nothing, `on_remark` with what is
    wrong with the file although it could be read.

    Raises FileRefused naming the file, IngestionFailed where the child could not do its work.
    Closing the iterator ends the child.
    """
    for answer in _named(request, _answers(request, on_wait)):
        if isinstance(answer, ExtractedPage):
            yield answer
        elif isinstance(answer, int):
            on_count(answer)
        elif isinstance(answer, Remark):
            answer.error.params.setdefault("file", request.file_name)
            on_remark(answer.error)


def attachments_in_child(
    request: ExtractionRequest, on_wait: Callable[[], None] = lambda: None
) -> Iterator[HandedOut]:
    """The files inside a file of a format in CARRIERS, written into `request.attachments`. Raises
    as `extract_in_child` does."""
    for answer in _named(request, _answers(request, on_wait)):
        if isinstance(answer, HandedOut):
            yield answer


def _named(request: ExtractionRequest, answers: Iterator[Answer]) -> Iterator[Answer]:
    try:
        yield from answers
    except FileRefused as refusal:
        refusal.params.setdefault("file", request.file_name)
        raise


def _answers(request: ExtractionRequest, on_wait: Callable[[], None]) -> Iterator[Answer]:
    ready = ended = False
    with _child(request.message()) as child:
        try:
            messages = _messages(child, request.timeout_s, on_wait)
            for answer in (understood(line, request.attachments) for line in messages):
                if isinstance(answer, FileRefused):
                    raise _with_limit(answer, request)
                if not isinstance(answer, str):
                    yield answer
                ready, ended = ready or answer == "ready", answer == "end"
        except _TimeIsUp:
            raise ExtractionExceeded(limit=request.bounds, cause="time-out") from None
        except Unreadable as error:
            raise CorruptFile(cause=f"answer of the child: {error}") from error
        if not ended:
            raise _failure(child, request, ready=ready)


# --- the child's life -------------------------------------------------------------------------


@contextmanager
def _child(request: Message) -> Iterator[_Child]:
    _compile_programs()
    with tempfile.TemporaryFile() as errors, ExitStack() as pipes:
        (its_input, ours), (heard, its_output) = os.pipe(), os.pipe()
        stdin = pipes.enter_context(os.fdopen(ours, "wb"))
        stdout = pipes.enter_context(os.fdopen(heard, "rb"))
        try:
            process = _nursery.birth([its_input, its_output, errors.fileno()])
        finally:
            os.close(its_input)
            os.close(its_output)
        child = _Child(process, stdin, stdout, errors)
        try:
            # One that died at birth says so by its missing answer and its standard error.
            with suppress(BrokenPipeError):
                child.stdin.write(json.dumps(request).encode() + b"\n")
                child.stdin.flush()
            yield child
        finally:
            _end(child)


def child_environment() -> dict[str, str]:
    """No key, password or address of ours is in reach of a parser."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}


_nursery = Nursery(child_environment)


def _end(child: _Child) -> None:
    child.process.end()
    with suppress(BrokenPipeError):
        child.stdin.close()


def _failure(
    child: _Child, request: ExtractionRequest, *, ready: bool
) -> FileRefused | IngestionFailed:
    """Why the child ended without saying so."""
    status = child.process.wait(_DYING_SECONDS)
    child.stderr.seek(max(0, child.stderr.seek(0, os.SEEK_END) - 2_000))
    trace = child.stderr.read().decode("utf-8", "replace").strip()
    cause = f"status {status}: {trace}"
    last_line = trace.rpartition("\n")[2]
    if status is None or not ready or last_line.startswith(("ModuleNotFoundError", "ImportError")):
        return IngestionFailed(cause=cause)  # ours, whatever the file holds
    if status < 0 or last_line.startswith("MemoryError"):
        return ExtractionExceeded(limit=request.bounds, cause=cause)
    return CorruptFile(cause=cause)


# --- what it says -----------------------------------------------------------------------------


def _messages(
    child: _Child, timeout_s: float, on_wait: Callable[[], None] = lambda: None
) -> Iterator[bytes]:
    """Its lines. The clock runs while we wait for it, not while it waits for us."""
    descriptor = child.stdout.fileno()
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    unfinished, left = bytearray(), timeout_s
    while True:
        since = time.monotonic()
        if not poll.poll(max(0.0, min(left, ON_WAIT_S)) * 1000):
            left -= time.monotonic() - since
            if left <= 0:
                raise _TimeIsUp
            on_wait()
            continue
        data = os.read(descriptor, _READ_BYTES)
        left -= time.monotonic() - since
        if not data:
            return
        first, *lines = data.split(b"\n")
        unfinished += first
        if len(unfinished) > _MAX_LINE_BYTES:
            raise Unreadable("endless line")
        if lines:
            yield bytes(unfinished)
            yield from lines[:-1]
            unfinished = bytearray(lines[-1])


def _with_limit(refusal: FileRefused, request: ExtractionRequest) -> FileRefused:
    if isinstance(refusal, ExtractionExceeded):
        refusal.params["limit"] = request.bounds
    return refusal


def network_isolation() -> bool:
    """Whether children are cut off from the network on this machine."""
    return _confinement().get("network") == "blocked"


def file_isolation() -> bool:
    """Whether children reach no files of ours but the one that they read."""
    return _confinement().get("files") == "closed"


@cache
def _confinement() -> Message:
    """What a child says of itself; asked once."""
    try:
        with _child({}) as child:
            answer = json.loads(next(_messages(child, _PROBE_SECONDS), b"{}"))
            return answer if isinstance(answer, dict) else {}
    except (_TimeIsUp, Unreadable, OSError, ValueError):
        return {}


@cache
def _compile_programs() -> None:
    """Once for each of our processes: children may write no files, and would do it each time."""
    for folder in ("ai", "common", "documents/adapters"):
        compileall.compile_dir(_ROOT / folder, maxlevels=3, quiet=2)
