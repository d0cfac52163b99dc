"""A reranker over the real wire, as the test wants it to behave."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request, dict[str, Any]], Any]


@dataclass
class RerankServer:
    url: str
    answer: Answer  # may be exchanged between two requests
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


def ranked(body: dict[str, Any], key: str = "relevance_score") -> list[dict[str, Any]]:
    """The longest text first, as servers answer: best first, by index."""
    texts = body.get("documents") or body["texts"]
    order = sorted(range(len(texts)), key=lambda n: -len(texts[n]))
    return [{"index": n, key: float(len(texts[n]))} for n in order]


@contextmanager
def rerank_server(answer: Answer) -> Iterator[RerankServer]:
    """Runs in a thread of its own, because the client blocks."""
    served = RerankServer("", answer)
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        served.bodies.append(body)
        served.keys.append(request.headers.get("Authorization", ""))
        made = served.answer(request, body)
        if asyncio.iscoroutine(made):
            made = await made
        return made if isinstance(made, web.StreamResponse) else web.json_response(made)

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/rerank", handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/rerank"
        return runner

    async def stop(runner: web.AppRunner) -> None:
        await runner.cleanup()
        hanging = asyncio.all_tasks() - {asyncio.current_task()}
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

    def run() -> None:
        runner = loop.run_until_complete(start())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(stop(runner))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(10)
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
