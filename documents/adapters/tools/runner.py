"""Runs one program in a folder of its own: bounded in time and memory, cut off from the network,
ended with everything that it started however we end."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from documents.errors import ExtractionExceeded

_ROOT = Path(__file__).resolve().parents[3]
_LAUNCH = (sys.executable, "-m", "documents.adapters.tools.launch")
# Whoever waits must show life meanwhile.
ON_WAIT_S = 2.0
_TRACE_BYTES = 2_000
_PREFIX = "cassandre-tool-"
# Unchanged for longer than any piece of work takes.
_LEFT_S = 6 * 3600
_SIGNALLED = 128
_BOUND_REACHED = (
    "bad_alloc",
    "MemoryError",
    "out of memory",
    "Cannot allocate memory",
    "File too large",
)


class ToolFailed(Exception):
    """It ended with a status other than 0; the text is for the log."""

    def __init__(self, status: int, trace: str) -> None:
        super().__init__(f"status {status}: {trace}")
        self.status = status


@dataclass(frozen=True, slots=True)
class ToolBounds:
    timeout_s: float
    memory_mb: int  # of each process
    file_mb: int = 200  # of each file written

    @property
    def sentence(self) -> str:
        return f"{self.timeout_s:g} s, {self.memory_mb} MB"


def find_tool(*names: str) -> str:
    """The path of the first of these programs that is here now; "" where none is."""
    return next(filter(None, map(shutil.which, names)), "")


@contextmanager
def tool_folder() -> Iterator[Path]:
    """HOME, temporary folder and working folder of one piece of work; removed afterwards, or by
    a later one where the worker was killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - _LEFT_S:
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
        yield Path(name)


def run_tool(
    command: Sequence[str],
    folder: Path,
    bounds: ToolBounds,
    *,
    on_wait: Callable[[], None] = lambda: None,
    readable: Sequence[Path] | None = (),
    environment: dict[str, str] | None = None,
) -> str:
    """Run `command` in `folder` to its end; `on_wait` is called every ON_WAIT_S meanwhile. Returns
    the end of what it said, for the log. Of the machine's files it reaches the folder, its own
    and the system's, and `readable`; all of them where that is None.

    Raises ExtractionExceeded where time or memory did not do, ToolFailed where it failed
    otherwise, and whatever `on_wait` raises. Nothing that it started outlives the call.
    """
    reached = None if readable is None else [*readable, _home_of(command[0])]
    request: dict[str, object] = {
        "command": list(command),
        "folder": str(folder),
        "readable": None if reached is None else [str(path.resolve()) for path in reached],
        "memory_bytes": bounds.memory_mb * 1024 * 1024,
        "cpu_seconds": int(bounds.timeout_s) + 5,
        "file_bytes": bounds.file_mb * 1_000_000,
    }
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            _LAUNCH,
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            cwd=_ROOT,
            env=_environment(folder) | (environment or {}),
            start_new_session=True,
        )
        try:
            _hand_over(process, request)
            status = _wait(process, bounds, on_wait)
        finally:
            _end(process)
        trace = _tail(said)
        if status:
            raise _failure(status, trace, bounds)
        return trace


def _home_of(program: str) -> Path:
    """/usr of /usr/bin/tesseract, wherever that is."""
    return Path(program).resolve().parents[1]


def run_module(
    module: str,
    path: Path,
    arguments: Sequence[str],
    folder: Path,
    bounds: ToolBounds,
    on_wait: Callable[[], None] = lambda: None,
) -> None:
    """The same for a Python module of ours that reads a stranger's file, its first argument."""
    command = (sys.executable, "-m", module, str(path.resolve()), *arguments)
    # Python lists the folders that it imports from, and ours may hold the data too.
    library = folder / "library"
    library.mkdir(exist_ok=True)
    for name in ("ai", "common", "documents"):
        if not (library / name).exists():
            (library / name).symlink_to(_ROOT / name)
    here = {"PYTHONPATH": str(library)}
    run_tool(command, folder, bounds, on_wait=on_wait, readable=[path], environment=here)


def _environment(folder: Path) -> dict[str, str]:
    """No key, password or address of ours, and no home but the folder."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    homes = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(folder))
    return kept | homes | {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "OMP_THREAD_LIMIT": "1"}


def _hand_over(process: subprocess.Popen[bytes], request: dict[str, object]) -> None:
    stdin = cast("IO[bytes]", process.stdin)
    with suppress(BrokenPipeError):  # its status says why
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.flush()


def _wait(process: subprocess.Popen[bytes], bounds: ToolBounds, on_wait: Callable[[], None]) -> int:
    deadline = time.monotonic() + bounds.timeout_s
    while True:
        left = deadline - time.monotonic()
        try:
            return process.wait(max(0.0, min(left, ON_WAIT_S)))
        except subprocess.TimeoutExpired:
            if left <= ON_WAIT_S:
                raise ExtractionExceeded(limit=bounds.sentence, cause="time-out") from None
        on_wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(BrokenPipeError):
        cast("IO[bytes]", process.stdin).close()
    process.wait()


def _tail(said: IO[bytes]) -> str:
    said.seek(max(0, said.seek(0, os.SEEK_END) - _TRACE_BYTES))
    return said.read().decode("utf-8", "replace").strip()


def _failure(status: int, trace: str, bounds: ToolBounds) -> Exception:
    cause = f"status {status}: {trace}"
    if any(sign in trace for sign in _BOUND_REACHED) or _was_stopped(status):
        return ExtractionExceeded(limit=bounds.sentence, cause=cause)
    return ToolFailed(status, trace)


def _was_stopped(status: int) -> bool:
    """By a bound, rather than by a fault of its own."""
    signals = (signal.SIGKILL, signal.SIGXCPU, signal.SIGXFSZ)
    return -status in signals or status - _SIGNALLED in signals
