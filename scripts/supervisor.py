"""Several processes looked after: each that ends is started again, and all are ended together.

One that ends at once, again and again, is started again later and later; what others do goes on
meanwhile. If this process itself is killed, the kernel ends the others as a supervisor would.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

# Between an end and the next start: doubled each time, up to the longest.
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
# One that has gone on for so long has started well; its next end is the first one again.
STEADY_S = 60.0
LOOK_S = 0.2
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Part:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)  # beside this process's own
    passed: Sequence[int] = ()  # file descriptors
    process: subprocess.Popen[bytes] | None = None
    since: float = 0.0  # seconds of the wall clock
    restarts: int = 0
    wait_s: float = FIRST_WAIT_S
    start_at: float = 0.0  # monotonic

    def start(self) -> None:
        # A session of its own: Ctrl-C reaches the supervisor alone, which ends each of them once.
        self.process = subprocess.Popen(
            self.command,
            env=os.environ | dict(self.environment),
            pass_fds=self.passed,
            start_new_session=True,
            preexec_fn=partial(_end_with, os.getpid()),  # safe: there is one thread
        )
        self.since = time.time()

    def look(self) -> bool:
        """Whether something has changed: it has ended, or has been started again."""
        if self.process is not None:
            status = self.process.poll()
            if status is None:
                return False
            self._has_ended(status)
            return True
        if time.monotonic() < self.start_at:
            return False
        self.restarts += 1
        self.start()
        return True

    def _has_ended(self, status: int) -> None:
        if time.time() - self.since >= STEADY_S:
            self.wait_s = FIRST_WAIT_S
        say(f"{self.name} ended with status {status} and is started again in {self.wait_s:.0f} s")
        self.process = None
        self.start_at = time.monotonic() + self.wait_s
        self.wait_s = min(self.wait_s * 2, LONGEST_WAIT_S)


class Supervisor:
    def __init__(self, parts: Sequence[Part], board: Path) -> None:
        self._parts = parts
        self._board = board

    def run(self) -> None:
        """Until this process is told to end, by whatever its signal handlers raise."""
        for part in self._parts:
            part.start()
        self._write()
        while True:
            time.sleep(LOOK_S)
            changed = [part.look() for part in self._parts]
            if any(changed):
                self._write()

    def end(self, timeout_s: float) -> None:
        """All of them are told at once; who has not ended by then is killed."""
        running = [part.process for part in self._parts if part.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + timeout_s
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._board.unlink(missing_ok=True)

    def _write(self) -> None:
        rows = [
            {
                "name": part.name,
                "pid": part.process.pid if part.process else None,
                "since": part.since,
                "restarts": part.restarts,
            }
            for part in self._parts
        ]
        anew = self._board.with_suffix(".new")
        anew.write_text(json.dumps(rows), encoding="utf-8")
        anew.replace(self._board)


def board_of(path: Path) -> str:
    """What runs, a line for each; raises FileNotFoundError where no supervisor does."""
    lines = [f"{'process':12}{'pid':>8}{'started':>22}{'restarts':>10}"]
    for row in json.loads(path.read_text(encoding="utf-8")):
        started = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(row["since"]))
        pid = row["pid"] or "waits"
        lines.append(f"{row['name']:12}{pid:>8}{started:>22}{row['restarts']:>10}")
    return "\n".join(lines) + "\n"


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _end_with(parent: int) -> None:
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before this was said
        os._exit(1)
