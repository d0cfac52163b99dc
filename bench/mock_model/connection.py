"""HTTP/1.1 with keep-alive: just what clients of an OpenAI-compatible server send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

from bench.mock_model.answers import Json, Mock, completion, error
from bench.mock_model.plan import Plan
from bench.mock_model.stream import Stream

_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_MAX_HEAD_BYTES = 65_536


class Connection(asyncio.Protocol):
    def __init__(self, mock: Mock, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.paused = False
        self.resume: Callable[[], None] | None = None
        self.transport: asyncio.Transport
        self._mock = mock
        self._buffer = bytearray()
        self._busy = False
        self._close_after = False
        self._stream: Stream | None = None
        self._timer: asyncio.TimerHandle | None = None

    # --- transport ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._mock.stats.counts["connections"] += 1

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()
        if self._stream:
            self._stream.cancel()
        self._rest()

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        go, self.resume = self.resume, None
        if go and self._stream and not self._stream.over:
            go()

    def write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    def _rest(self) -> None:
        if self._busy:
            self._busy = False
            self._mock.stats.active -= 1

    # --- requests ----------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._busy:
            self._read_request()

    def _read_request(self) -> None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > _MAX_HEAD_BYTES:
                self.transport.abort()
            return
        lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:])
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        chunks = "chunked" in headers.get("transfer-encoding", "").lower()
        length = None if chunks else int(headers.get("content-length", 0))
        found = read_body(self._buffer, end + 4, length)
        if found is None:
            return
        body, after = found
        del self._buffer[:after]
        method, _, rest = lines[0].partition(" ")
        self._close_after = headers.get("connection", "").lower() == "close"
        self._busy = True
        self._mock.stats.begin()
        path = rest.partition(" ")[0].partition("?")[0].rstrip("/").removeprefix("/v1")
        if method == "GET":
            self._get(path)
        else:
            self._post(path, body)

    def finished(self) -> None:
        self._stream = None
        self._rest()
        if self._close_after:
            self.transport.close()
        elif self._buffer and not self.transport.is_closing():
            self._read_request()

    def _reply(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        self._send(status, "application/json", json.dumps(body).encode(), headers)

    def _send(
        self, status: int, kind: str, payload: bytes, headers: dict[str, str] | None = None
    ) -> None:
        head = [
            f"HTTP/1.1 {status} {_REASONS[status]}",
            f"content-type: {kind}",
            f"content-length: {len(payload)}",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        self.write("\r\n".join(head).encode() + b"\r\n\r\n" + payload)
        self.finished()

    # --- doors -------------------------------------------------------------------------------

    def _get(self, path: str) -> None:
        if path == "/models":
            self._reply(200, {"object": "list", "data": [_model(m) for m in self._mock.models]})
        elif path.startswith("/models/"):
            self._reply(200, _model(path.removeprefix("/models/")))
        elif path == "/stats":
            self._reply(200, self._mock.stats.as_dict())
        elif path == "/requests":
            self._reply(200, list(self._mock.stats.requests))
        elif path in ("/health", ""):
            self._reply(200, {"status": "ok"})
        else:
            self._reply(*error(404, message=f"mock: no such path: {path}"))

    def _post(self, path: str, raw: bytes) -> None:
        if path == "/reset":
            self._mock.stats.reset()
            self._reply(200, {})
            return
        try:
            body = json.loads(raw)
            if path == "/also":
                self._mock.change(body["options"])
                self._reply(200, {})
                return
            model = body["model"]
        except (ValueError, KeyError, TypeError):
            self._reply(*error(400, message="mock: a JSON body with a model is needed"))
            return
        stats = self._mock.stats
        stats.counts["requests"] += 1
        stats.models[model] += 1
        if self._mock.keep:
            stats.requests.append({"path": path, "body": body})
        plan = self._mock.plan(model)
        if plan.hang == -1:
            return
        fault = self._mock.fault(body, plan)
        if fault:
            stats.counts["faults"] += 1
            self._reply(*fault)
        elif plan.html:
            self._send(200, "text/html", b"<html><body>mock: no model here</body></html>")
        elif path == "/embeddings":
            self._later(plan.gap, lambda: self._mock.embeddings(body))
        elif path == "/chat/completions":
            self._chat(body, plan)
        else:
            self._reply(*error(404, message=f"mock: no such path: {path}"))

    def _chat(self, body: Json, plan: Plan) -> None:
        ident, stats = self._mock.next_id(), self._mock.stats
        if body.get("stream"):
            self._stream = Stream(self, plan, body, ident=ident, stats=stats)
            self._stream.start()
        elif plan.drop is not None:
            self.transport.abort()
        else:
            stats.counts["tokens"] += plan.tokens
            stats.counts["completed"] += 1
            delay = plan.ttft + plan.gap * max(0, plan.tokens - 1)
            self._later(delay, lambda: completion(body, plan, ident))

    def _later(self, delay: float, answer: Callable[[], Json]) -> None:
        if delay:
            self._timer = self.loop.call_later(delay, lambda: self._reply(200, answer()))
        else:
            self._reply(200, answer())


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": 0, "owned_by": "mock"}


def read_body(buffer: bytearray, start: int, length: int | None) -> tuple[bytes, int] | None:
    """The body and where it ends; None while it is incomplete. `length` None: chunked."""
    if length is not None:
        end = start + length
        return (bytes(buffer[start:end]), end) if len(buffer) >= end else None
    body = bytearray()
    while True:
        line = buffer.find(b"\r\n", start)
        if line < 0:
            return None
        size = int(bytes(buffer[start:line]).split(b";")[0], 16)
        start = line + 2 + size + 2
        if len(buffer) < start:
            return None
        body += buffer[line + 2 : line + 2 + size]
        if size == 0:
            return bytes(body), start
