"""A stand-in for ClamAV's daemon that speaks its protocol, and knows one virus."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

VIRUS = b"harmless, but reported"


class _Daemon(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    scanned: int = 0
    limit: int = 1_000_000  # StreamMaxLength
    answer: bytes = b""  # instead of its own


class _Talk(socketserver.StreamRequestHandler):
    server: _Daemon

    def handle(self) -> None:
        command = self._until_zero()
        if command == b"zPING":
            self.wfile.write(self.server.answer or b"PONG\0")
        elif command == b"zINSTREAM":
            self.wfile.write(self.server.answer or self._scanned())
        else:
            self.wfile.write(b"UNKNOWN COMMAND\0")

    def _until_zero(self) -> bytes:
        command = b""
        while (byte := self.rfile.read(1)) not in (b"\0", b""):
            command += byte
        return command

    def _scanned(self) -> bytes:
        content = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
            if len(content) > self.server.limit:
                return b"INSTREAM size limit exceeded. ERROR\0"
        self.server.scanned += 1
        return b"stream: Test.Virus FOUND\0" if VIRUS in content else b"stream: OK\0"


@contextmanager
def running_clamd() -> Iterator[_Daemon]:
    with _Daemon(("127.0.0.1", 0), _Talk) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
