"""Whether this machine's worker, or beat, goes on: for the probes of containers.

    python -m common.alive worker    (or beat; ends with 0, or with 1 and a sentence)

Each touches a file of its own from its main loop; nothing is asked of the broker's other end and
no Django is loaded, because probes come every few seconds. A worker whose broker is away waits for
it and touches nothing, and ending it would help nobody: that is alive too.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

# A loop that has not come round for so long hangs. It does so every MARK_S.
MARK_S = 5.0
STALE_S = 60.0
BROKER_TIMEOUT_S = 2.0
_PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671}


def _folder() -> Path:
    return Path(tempfile.gettempdir()) / f"cassandre-alive-{os.getuid()}"


def mark(kind: str) -> None:
    """This process goes on. Nothing where there is no place to say so."""
    try:
        _folder().mkdir(mode=0o700, exist_ok=True)
        (_folder() / f"{kind}-{os.getpid()}").touch()
    except OSError:
        return


def unmark(kind: str) -> None:
    (_folder() / f"{kind}-{os.getpid()}").unlink(missing_ok=True)


def complaint(kind: str) -> str:
    """What is wrong with the processes of this kind; empty where nothing is."""
    ages = list(_ages(kind))
    if not ages:
        return f"no {kind} runs here"
    oldest = max(ages)
    if oldest <= STALE_S or not _broker_answers():
        return ""
    return f"a {kind} has not come round for {oldest:.0f} s, and the broker answers"


def _ages(kind: str) -> Iterator[float]:
    """Of the marks of those that live, in seconds; those of the dead go."""
    for path in _folder().glob(f"{kind}-*"):
        try:
            os.kill(int(path.name.rpartition("-")[2]), 0)
            yield time.time() - path.stat().st_mtime
        except (ProcessLookupError, FileNotFoundError):
            path.unlink(missing_ok=True)


def _broker_answers() -> bool:
    url = os.environ.get("CELERY_BROKER_URL", "")
    if named := os.environ.get("CELERY_BROKER_URL_FILE"):
        url = Path(named).read_text(encoding="utf-8").strip()
    parts = urlsplit(url)
    address = (parts.hostname or "127.0.0.1", parts.port or _PORTS.get(parts.scheme, 6379))
    try:
        with socket.create_connection(address, BROKER_TIMEOUT_S):
            return True
    except OSError:
        return False


def main(arguments: list[str]) -> int:
    if arguments not in (["worker"], ["beat"]):
        sys.stderr.write("usage: python -m common.alive worker|beat\n")
        return 2
    found = complaint(arguments[0])
    if found:
        sys.stderr.write(f"{found}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
