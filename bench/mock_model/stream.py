"""One streamed answer: sends its tokens on an absolute schedule."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from typing import Any, Protocol

from bench.mock_model.answers import Json, pieces, usage
from bench.mock_model.plan import Plan
from bench.mock_model.stats import Stats

_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"cache-control: no-cache\r\nx-request-id: mock\r\ntransfer-encoding: chunked\r\n\r\n"
)


class Connection(Protocol):
    """What a stream needs of its HTTP connection."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    paused: bool
    resume: Callable[[], None] | None

    def write(self, data: bytes) -> None: ...

    def finished(self) -> None: ...


def chunked(payload: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(payload), payload)


class Stream:
    def __init__(
        self, connection: Connection, plan: Plan, body: Json, *, ident: str, stats: Stats
    ) -> None:
        self.over = False
        self._connection, self._plan, self._stats = connection, plan, stats
        self._loop = connection.loop
        self._sent = 0
        self._due = 0.0
        self._handle: asyncio.Handle | None = None
        self._usage = usage(body, plan)
        self._usage_wanted = bool((body.get("stream_options") or {}).get("include_usage"))
        self._pieces = pieces(body, plan)
        self._total = plan.tokens if self._pieces is None else len(self._pieces)
        self._finish: str | None = None if plan.nofinish else plan.finish
        if self._pieces and "tool_calls" in self._pieces[-1]:
            self._finish = "tool_calls"
        self._end_of_event = b"\r\n\r\n" if plan.crlf else b"\n\n"
        head = {"id": ident, "object": "chat.completion.chunk", "created": int(time.time())}
        self._head = json.dumps({**head, "model": body["model"]})[:-1]
        # A plain token is these two byte strings around its text.
        opening = f'data: {self._head}, "choices": [{{"index": 0, "delta": {{"content": "'
        self._before = opening.encode()
        self._after = b'"}, "logprobs": null, "finish_reason": null}]}' + self._end_of_event
        self._random = random.Random(body["model"])

    def start(self) -> None:
        if self._plan.drop == 0:
            self._connection.transport.abort()
            return
        self._connection.write(_HEAD + self._delta({"role": "assistant", "content": ""}))
        self._due = self._loop.time() + self._plan.ttft
        self._handle = self._loop.call_at(self._due, self._tick)

    def cancel(self) -> None:
        """The client went away."""
        if not self.over:
            self.over = True
            if self._handle:
                self._handle.cancel()
            self._stats.counts["aborted"] += 1
            self._stats.aborted_after.append(self._sent)

    def _event(self, choices: list[Any], **more: Any) -> bytes:
        tail = json.dumps({"choices": choices, **more})[1:]
        return chunked(f"data: {self._head}, {tail}".encode() + self._end_of_event)

    def _delta(self, delta: Json, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._event([choice])

    def _tick(self) -> None:
        if self._fault():
            return
        sent = self._sent
        if sent >= self._total:
            self._complete()
            return
        if self._pieces is not None:
            data = self._delta(self._pieces[sent])
        else:
            text = b"%.6f " % time.monotonic() if self._plan.ts else b"tok%d " % sent
            data = chunked(self._before + text + self._after)
        self._sent = sent + 1
        self._stats.counts["tokens"] += 1
        if not sent & 15:
            self._stats.late.append(self._loop.time() - self._due)
        self._connection.transport.write(data)
        if self._connection.paused:  # the reader is slow: go on when it has drained
            self._connection.resume = self._schedule
        else:
            self._schedule()

    def _fault(self) -> bool:
        """Whether the plan ends or halts the stream here."""
        plan, sent = self._plan, self._sent
        if plan.drop is not None and sent >= plan.drop:
            self._connection.transport.abort()
            return True
        if plan.hang is not None and 0 <= plan.hang <= sent:
            return True
        if plan.err is not None and sent >= plan.err:
            detail = {"message": "mock: the stream failed", "type": "server_error"}
            event = json.dumps({"error": {**detail, "code": "internal_error"}}).encode()
            self._end(chunked(b"data: " + event + self._end_of_event))
            return True
        if plan.bad is not None and sent == plan.bad:
            self._connection.write(chunked(b"data: {not json" + self._end_of_event))
        return False

    def _schedule(self) -> None:
        gap = self._plan.gap
        if gap:
            if self._plan.jitter:
                gap *= 1 + self._random.uniform(-1, 1) * self._plan.jitter / 100
            self._due += gap
            self._handle = self._loop.call_at(self._due, self._tick)
        else:
            self._due = self._loop.time()
            self._handle = self._loop.call_soon(self._tick)

    def _complete(self) -> None:
        data = self._delta({}, self._finish)
        if self._plan.notrailer:
            self._connection.write(data)
            return
        if self._usage_wanted:
            data += self._event([], usage=self._usage)
        self._end(data)

    def _end(self, data: bytes) -> None:
        if not (self._plan.nodone or self._plan.nofinish):
            data += chunked(b"data: [DONE]" + self._end_of_event)
        self.over = True
        self._stats.counts["completed"] += 1
        if self._plan.lateend:
            self._connection.write(data)
            self._handle = self._loop.call_later(0.02, self._end_body, b"")
        else:
            self._end_body(data)

    def _end_body(self, data: bytes) -> None:
        self._connection.write(data + b"0\r\n\r\n")
        self._connection.finished()
