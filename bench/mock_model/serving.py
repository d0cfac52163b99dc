"""The mock's server: alone in a process, or in a thread for the length of a test."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

from bench.mock_model.answers import Mock
from bench.mock_model.connection import Connection
from bench.mock_model.plan import Defaults

Ready = Callable[[int], None]


async def serve(mock: Mock, host: str, port: int, ready: Ready) -> None:
    """Serves until cancelled; `ready` is told the port, which is a free one for port 0."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(mock, loop), host, port, backlog=2048)
    ready(server.sockets[0].getsockname()[1])
    try:
        await server.serve_forever()
    finally:
        server.close()


class Serving:
    """A mock on a free loopback port, in a thread of its own."""

    def __init__(self, mock: Mock) -> None:
        self.mock = mock
        self.port = 0
        self._up = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._task: asyncio.Task[None] | None
        self._thread = threading.Thread(target=self._main, name="mock-model", daemon=True)
        self._thread.start()
        if not self._up.wait(10):
            raise RuntimeError("the mock model did not start")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def get(self, path: str) -> Any:
        return self._ask(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}"))

    def reset(self) -> None:
        url = f"http://127.0.0.1:{self.port}/reset"
        self._ask(urllib.request.Request(url, method="POST", data=b""))

    def stop(self) -> None:
        if self._task and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._task.cancel)
            self._thread.join(10)

    def _ask(self, request: urllib.request.Request) -> Any:
        # Loopback must not go through a proxy that the environment names.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            return json.load(answer)

    def _main(self) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.current_task()
            await serve(self.mock, "127.0.0.1", 0, self._ready)

        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(main())

    def _ready(self, port: int) -> None:
        self.port = port
        self._up.set()


@contextlib.contextmanager
def serving(*, tokens: int = 50, gap: float = 0.0, ttft: float | None = None) -> Iterator[Serving]:
    """`with serving() as server:` a mock on a free port; the values hold where the model's name
    says nothing."""
    server = Serving(Mock(defaults=Defaults(tokens=tokens, gap=gap, ttft=ttft)))
    try:
        yield server
    finally:
        server.stop()
