"""A loopback HTTP server that answers as Qdrant does and keeps what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

DONE = {"operation_id": 1, "status": "completed"}
INFO = {
    "status": "green",
    "optimizer_status": "ok",
    "segments_count": 1,
    "config": {
        "params": {},
        "hnsw_config": {"m": 16, "ef_construct": 100, "full_scan_threshold": 10_000},
        "optimizer_config": {
            "deleted_threshold": 0.2,
            "vacuum_min_vector_number": 1_000,
            "default_segment_number": 0,
            "flush_interval_sec": 5,
        },
    },
    "payload_schema": {},
}


@dataclass(frozen=True)
class Recorded:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any


@dataclass
class Script:
    """What the server answers; `points` are returned by every query."""

    aliases: list[dict[str, str]] = field(default_factory=list)

    points: list[dict[str, Any]] = field(default_factory=list)
    refuse_with: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    conflict_on_create: bool = False
    seconds: float = 0.0
    requests: list[Recorded] = field(default_factory=list)
    created: set[str] = field(default_factory=set)

    def status(self, request: Recorded) -> int:
        creates = request.method == "PUT" and request.path.count("/") == 2
        return 409 if creates and self.conflict_on_create else self.refuse_with or 200

    def result(self, request: Recorded) -> object:
        if request.path == "/aliases":
            return {"aliases": self.aliases}
        name, _, action = request.path.removeprefix("/collections/").partition("/")
        if name == "aliases" or request.method == "DELETE":
            return True
        if not action and request.method == "PUT":
            self.created.add(name)
            return True
        answers: dict[str, object] = {
            "": INFO,
            "exists": {"exists": name in self.created},
            "points/query": {"points": self.points},
            "points/count": {"count": 3},
            "points/scroll": {"points": self.points, "next_page_offset": None},
        }
        return answers.get(action, DONE)


def _handler(script: Script) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urlsplit(self.path)
            body = json.loads(raw) if raw else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Recorded(self.command, url.path, parse_qs(url.query), headers, body)
            script.requests.append(request)
            time.sleep(script.seconds)
            reply = {"result": script.result(request), "status": "ok", "time": 0.001}
            data = json.dumps(reply).encode()
            with suppress(ConnectionError):  # who waited no longer than it had to
                self.send_response(script.status(request))
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                for name, value in script.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:
            """Tests read the records."""

    return Handler


@contextmanager
def recording() -> Iterator[tuple[str, Script]]:
    """The server's address and its script."""
    script = Script()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
