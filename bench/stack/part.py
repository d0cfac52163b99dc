"""One process of the stack, with everything that it starts: begun, killed, ended, begun again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

START_S = 60.0
END_S = 40.0


@dataclass(slots=True)
class Part:
    name: str
    command: list[str]
    is_ready: Callable[[], bool]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    user: str | None = None
    end_signal: signal.Signals = signal.SIGTERM
    # Somebody starts it again where it ends by itself: docker's restart policy, systemd.
    supervised: bool = True
    wanted: bool = False
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def begin(self) -> None:
        """Returns at once. The log of an earlier start is written on."""
        self.starts += 1
        as_user: dict[str, Any] = (
            {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        )
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=None if self.user is None else "/",
                start_new_session=True,  # a kill takes its children too, as one of a container does
                **as_user,
            )
        self.wanted = True  # not before: whoever supervises would start it a second time

    def wait(self, seconds: float = START_S) -> None:
        """Until it is ready. Raises RuntimeError with the end of its log."""
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if not self.lives or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"{self.name} did not start:\n{tail}")
            time.sleep(0.05)

    def start(self) -> None:
        self.begin()
        self.wait()

    def kill(self) -> None:
        """SIGKILL, as a lost machine or the kernel's memory killer; whoever supervises sees it."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def freeze(self) -> None:
        """It and its children stand still, with their sockets open, until `thaw`."""
        self._signal_group(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_group(signal.SIGCONT)

    def _signal_group(self, number: signal.Signals) -> None:
        for process in self.tree():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def end(self) -> None:
        """As an operator ends it: nobody starts it again."""
        self.wanted = False
        if self.process is None:
            return
        self.thaw()
        with suppress(ProcessLookupError):
            self.process.send_signal(self.end_signal)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(END_S)
        self.kill()  # what is left of its group
        self.process = None

    def tree(self) -> list[psutil.Process]:
        """The processes that run now, the first one first."""
        if self.process is None:
            return []
        with suppress(psutil.NoSuchProcess):
            first = psutil.Process(self.process.pid)
            return [first, *first.children(recursive=True)]
        return []
