"""A protected file opened with its password, in a child process."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from common.errors import known_errors
from documents.adapters.sandbox import child_environment
from documents.errors import CorruptFile, ExtractionExceeded, FileRefused, IngestionFailed

_ROOT = Path(__file__).resolve().parents[2]
_COMMAND = (sys.executable, "-m", "documents.adapters.unlocking_child")


@dataclass(frozen=True, slots=True)
class UnlockingLimits:
    timeout_s: float
    memory_mb: int
    file_mb: int  # of what is written

    @property
    def bounds(self) -> str:
        return f"{self.timeout_s:g} s, {self.memory_mb} MB"


def unlock_in_child(path: Path, target: Path, password: str, limits: UnlockingLimits) -> None:
    """Write the PDF or Office file at `path` without its protection to `target`.

    Raises FileRefused (WrongPassword, EncryptedFile where no password opens it, CorruptFile,
    ExtractionExceeded), IngestionFailed where the child could not do its work. None of them
    holds the password.
    """
    request = {
        "path": str(path.resolve()),
        "target": str(target.resolve()),
        "password": password,
        "memory_bytes": limits.memory_mb * 1024 * 1024,
        "cpu_seconds": int(limits.timeout_s) + 5,
        "file_bytes": limits.file_mb * 1_000_000,
    }
    try:
        done = subprocess.run(
            _COMMAND,
            input=json.dumps(request).encode() + b"\n",
            capture_output=True,
            cwd=_ROOT,
            env=child_environment(),
            timeout=limits.timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        # Not chained: the exception's text is of the child, but so is what it was given.
        raise ExtractionExceeded(limit=limits.bounds, cause="time-out") from None
    if done.returncode != 0:
        raise _failure(done, limits)
    _raise_refusal(done.stdout, limits)


def _failure(
    done: subprocess.CompletedProcess[bytes], limits: UnlockingLimits
) -> FileRefused | IngestionFailed:
    trace = done.stderr.decode("utf-8", "replace").strip()
    last_line = trace.rpartition("\n")[2][:300]
    cause = f"status {done.returncode}: {last_line}"
    if last_line.startswith(("ModuleNotFoundError", "ImportError")):
        return IngestionFailed(cause=cause)
    if done.returncode < 0 or "MemoryError" in last_line:
        return ExtractionExceeded(limit=limits.bounds, cause=cause)
    return CorruptFile(cause=cause)


def _raise_refusal(answer: bytes, limits: UnlockingLimits) -> None:
    try:
        error = json.loads(answer).get("error")
    except ValueError:
        raise CorruptFile(cause="answer of the child") from None
    if error is None:
        return
    kind = known_errors().get(error["code"], CorruptFile)
    refusal = kind(cause=error["cause"])
    if not isinstance(refusal, FileRefused):
        raise CorruptFile(cause=error["code"])
    if isinstance(refusal, ExtractionExceeded):
        refusal.params["limit"] = limits.bounds
    raise refusal
