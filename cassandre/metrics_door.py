"""/metrics of a web process. Before Django: a scraper names the process by any host, has no session
and no TLS, and is no request to count."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from common import exposition
from common.scraping import PROXY_HEADERS, is_open, may_read
from common.threads import in_thread

logger = logging.getLogger(__name__)

PATH = "/metrics"
# Prometheus gives up after 10 s; without the database there are the figures of the process.
FIGURES_WITHIN_S = 4.0

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class MetricsDoor:
    """404 where metrics are closed to everybody, 403 for who may not read them."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] != PATH:
            await self.inner(scope, receive, send)
            return
        status, body = await self._answer(scope)
        headers = [
            (b"content-type", exposition.CONTENT_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: dict[str, Any]) -> tuple[int, bytes]:
        if scope["method"] != "GET" or not (is_open() and exposition.is_on()):
            return 404, b""
        headers = {
            name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        allowed = may_read(
            peer=(scope.get("client") or ("", 0))[0],
            authorization=headers.get("authorization", ""),
            came_by_proxy=any(name in headers for name in PROXY_HEADERS),
        )
        if not allowed:
            return 403, b""
        try:
            await asyncio.wait_for(in_thread(exposition.figures.refresh), FIGURES_WITHIN_S)
        except TimeoutError:
            logger.warning("the installation's figures were not read in time")
        return 200, exposition.exposed()
