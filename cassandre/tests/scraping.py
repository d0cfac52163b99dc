"""A scraper's side of /metrics."""

from __future__ import annotations

import asyncio
import re

from asgiref.testing import ApplicationCommunicator

from cassandre.metrics_door import MetricsDoor

TOKEN = "a-token-of-sixteen-characters"
SAMPLE = re.compile(r"^([a-z_]+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


async def _nothing_here(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def scrape(headers=(), *, peer="192.0.2.7", path="/metrics", method="GET"):
    """Status and text, as a scraper from `peer` gets them."""
    scope = {"type": "http", "path": path, "method": method, "headers": list(headers)}
    scope["client"] = (peer, 4711)
    asking = ApplicationCommunicator(MetricsDoor(_nothing_here), scope)
    await asking.send_input({"type": "http.request"})
    start = await asking.receive_output()
    return start["status"], (await asking.receive_output())["body"].decode()


def bearer(token: str) -> tuple[bytes, bytes]:
    return (b"authorization", f"Bearer {token}".encode())


def scraped():
    status, text = asyncio.run(scrape([bearer(TOKEN)]))
    assert status == 200
    return text


def values(text):
    return {(name, labels): float(value) for name, labels, value in SAMPLE.findall(text)}
