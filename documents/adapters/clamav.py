"""A virus scan by a ClamAV daemon, over its own protocol (clamd(8), INSTREAM).

Spoken here because the libraries for it are GPL, or have not been kept since 2014.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from dataclasses import dataclass
from typing import IO

_BLOCK_BYTES = 262_144
_ANSWER_BYTES = 4_096
_CONNECT_S = 5.0
# No virus: with AlertExceedsMax, a file that it has not looked at whole.
_BEYOND_LIMITS = "Heuristics.Limits.Exceeded"
_FOUND = re.compile(r"stream: (?P<found>.+) FOUND")


class ScannerSilent(Exception):
    """It cannot be reached, does not answer in time, or says what cannot be understood."""


class ScanRefused(Exception):
    """It did not scan the file; the text says why."""


@dataclass(frozen=True, slots=True)
class Scanner:
    host: str
    port: int
    timeout_s: float = 120.0  # of a whole scan

    def ping(self) -> None:
        """Raises ScannerSilent."""
        try:
            with self._connected(time.monotonic() + _CONNECT_S) as connection:
                connection.sendall(b"zPING\0")
                answer = _answer(connection)
        except OSError as error:
            raise ScannerSilent(repr(error)) from error
        if answer != "PONG":
            raise ScannerSilent(answer)

    def scan(self, file: IO[bytes]) -> str:
        """What was found in the file from its beginning, "" where it is clean. Leaves it at its
        end. Raises ScannerSilent or ScanRefused."""
        try:
            answer = self._streamed(file)
        except OSError as error:
            raise ScannerSilent(repr(error)) from error
        if answer == "stream: OK":
            return ""
        if found := _FOUND.fullmatch(answer):
            if found["found"].startswith(_BEYOND_LIMITS):
                raise ScanRefused(found["found"])
            return found["found"]
        if answer.endswith("ERROR"):
            raise ScanRefused(answer.removesuffix("ERROR").strip(" ."))
        raise ScannerSilent(answer)

    def _streamed(self, file: IO[bytes]) -> str:
        deadline = time.monotonic() + self.timeout_s
        with self._connected(deadline) as connection:
            try:
                connection.sendall(b"zINSTREAM\0")
                file.seek(0)
                while block := file.read(_BLOCK_BYTES):
                    connection.settimeout(_left(deadline))
                    connection.sendall(struct.pack("!I", len(block)) + block)
                connection.sendall(struct.pack("!I", 0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has seen enough (a file beyond its limit), and its answer says why
            connection.settimeout(_left(deadline))
            return _answer(connection)

    def _connected(self, deadline: float) -> socket.socket:
        connection = socket.create_connection((self.host, self.port), _CONNECT_S)
        connection.settimeout(_left(deadline))
        return connection


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _answer(connection: socket.socket) -> str:
    """Its one line, ended by a zero byte or by its closing the connection."""
    answer = b""
    while b"\0" not in answer and len(answer) < _ANSWER_BYTES:
        block = connection.recv(_ANSWER_BYTES)
        if not block:
            break
        answer += block
    return answer.partition(b"\0")[0].decode("utf-8", "replace").strip()
