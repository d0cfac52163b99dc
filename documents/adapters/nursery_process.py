"""`python -m documents.adapters.nursery_process FD`: where extraction children are born.

Starting Python and loading the readers takes 80 ms of a processor for each file, more than reading
most of them. This process has done both and forks: each child still reads one file and nothing
else, and gives up its rights before it does (documents/adapters/extraction_child.py). It holds
nothing of ours, its environment is a child's, and it never opens a file itself.

Over the socket FD it is sent four descriptors for each child: its three standard streams, and a
socket that stands for its life. When the child ends, its status goes into that socket (a signal's
number negative, as `subprocess` has it); when the other side shuts the socket, the child is ended
with all that it started.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import struct
import sys
import traceback
from contextlib import suppress
from pathlib import Path

from documents.adapters import extraction_child
from documents.adapters.extractors import get_extractor
from documents.adapters.extractors.formats import PDF

STATUS = struct.Struct("!i")
# Its memory is given back where no file comes for so long.
IDLE_S = 60.0
# Whoever serves pages and searches comes before a file that is being read.
COURTESY = 10
_STREAMS = 3


class Nursery:
    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._lives: dict[int, socket.socket] = {}  # by process id
        self._poll = select.poll()

    def run(self) -> None:
        woken = _wakes_at_the_end_of_a_child()
        self._poll.register(self._line, select.POLLIN)
        self._poll.register(woken, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _event in self._poll.poll(IDLE_S * 1000)}
            if woken in ready:
                os.read(woken, 512)
            for process, life in list(self._lives.items()):
                if life.fileno() in ready:
                    self._poll.unregister(life)
                    os.killpg(process, signal.SIGKILL)  # not reaped yet: the number is its own
            self._reap()
            if not ready and not self._lives:
                return
            if self._line.fileno() in ready and not self._birth():
                return

    def _birth(self) -> bool:
        """False: nobody is at the other end any more."""
        message, descriptors, _flags, _address = socket.recv_fds(self._line, 1, _STREAMS + 1)
        if not message:
            for process in self._lives:
                os.killpg(process, signal.SIGKILL)
            return False
        process = os.fork()
        if not process:
            _live(descriptors[:_STREAMS])
        for descriptor in descriptors[:_STREAMS]:
            os.close(descriptor)
        with suppress(ProcessLookupError, PermissionError):
            os.setpgid(process, process)  # whichever of the two comes first
        life = self._lives[process] = socket.socket(fileno=descriptors[_STREAMS])
        self._poll.register(life, select.POLLIN)
        return True

    def _reap(self) -> None:
        while self._lives:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(ended.si_pid, signal.SIGKILL)  # what it has started
            _process, status = os.waitpid(ended.si_pid, 0)
            life = self._lives.pop(ended.si_pid)
            with suppress(KeyError):
                self._poll.unregister(life)
            with suppress(OSError):
                life.send(STATUS.pack(os.waitstatus_to_exitcode(status)))
            life.close()


def _wakes_at_the_end_of_a_child() -> int:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    return reading


def _live(streams: list[int]) -> None:
    """The child, from here to its end."""
    status = 1
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        for name in [entry.name for entry in Path("/proc/self/fd").iterdir()]:
            if int(name) >= _STREAMS:
                with suppress(OSError):
                    os.close(int(name))
        extraction_child.main()
        status = 0
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:  # noqa: BLE001 (what the interpreter does at the end of a program)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)


def main() -> None:
    os.nice(COURTESY)
    get_extractor(PDF)  # of most files; the others load theirs when they are born
    gc.freeze()  # pages of memory that no collection touches stay shared
    Nursery(socket.socket(fileno=int(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
