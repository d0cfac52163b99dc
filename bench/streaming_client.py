"""N browsers' worth of sockets: each asks once and notes when which text came.

Tokens are counted as spaces: the mock model ends each token with exactly one. A stream is whole
when every event number came once, in order, and all tokens are there.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from uuid import uuid4

import aiohttp

from bench.metrics import percentile
from bench.seed import QUESTION

STREAM_S = 120.0
# Questions are spread over this time, as people are; 0 for a model without pauses.
RAMP_S = 1.0


@dataclass(slots=True)
class Stream:
    asked_at: float = 0.0
    first_text_at: float = 0.0
    ended_at: float = 0.0
    text_at: list[float] = field(default_factory=list)
    tokens: int = 0
    lost: int = 0
    doubled: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    url: str  # ws://host:port/path
    streams: int
    tokens: int
    gap_ms: float
    model_ttft_ms: float
    cookies: list[str]  # empty: the server knows no sessions


async def run_load(load: Load) -> list[Stream]:
    streams = [Stream() for _ in range(load.streams)]
    timeout = aiohttp.ClientTimeout(total=None)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        everybody_is_there = asyncio.Barrier(load.streams)
        await asyncio.gather(
            *(
                _one(session, load, number, stream, everybody_is_there)
                for number, stream in enumerate(streams)
            )
        )
    return streams


async def _one(
    session: aiohttp.ClientSession,
    load: Load,
    number: int,
    stream: Stream,
    barrier: asyncio.Barrier,
) -> None:
    host = load.url.split("/")[2]
    headers = {"Origin": f"http://{host}"}
    if load.cookies:
        headers["Cookie"] = load.cookies[number]
    async with session.ws_connect(load.url, headers=headers, max_msg_size=0) as socket:
        await barrier.wait()
        if load.gap_ms:
            await asyncio.sleep(RAMP_S * number / load.streams)
        try:
            async with asyncio.timeout(STREAM_S):
                await _ask(socket, stream)
        except TimeoutError:
            stream.error = stream.error or "time-out"
    stream.lost += max(0, load.tokens - stream.tokens)
    stream.doubled += max(0, stream.tokens - load.tokens)


async def _ask(socket: aiohttp.ClientWebSocketResponse, stream: Stream) -> None:
    stream.asked_at = time.monotonic()
    await socket.send_str(json.dumps({"type": "ask", "id": uuid4().hex, "text": QUESTION}))
    seen = 0
    async for message in socket:
        frame = json.loads(message.data)
        kind = frame["type"]
        if kind == "refused":
            stream.error = frame["code"]
            return
        if "n" not in frame:
            continue
        stream.doubled += frame["n"] <= seen
        stream.lost += max(0, frame["n"] - seen - 1)
        seen = frame["n"]
        if kind == "text":
            now = time.monotonic()
            stream.first_text_at = stream.first_text_at or now
            stream.text_at.append(now)
            stream.tokens += frame["text"].count(" ")
        elif kind in {"done", "failed", "stopped", "interrupted"}:
            stream.ended_at = time.monotonic()
            if kind != "done":
                stream.error = frame.get("code", kind)
            return
    stream.error = "closed"


def figures_of(streams: list[Stream], load: Load) -> dict[str, float]:
    """What was seen from outside, in milliseconds and tokens a second."""
    whole = [stream for stream in streams if stream.first_text_at]
    ttft = [(stream.first_text_at - stream.asked_at) * 1000 for stream in whole]
    gaps = [
        (after - before) * 1000
        for stream in whole
        for before, after in zip(stream.text_at, stream.text_at[1:], strict=False)
    ]
    tokens = sum(stream.tokens for stream in streams)
    started = min(stream.asked_at for stream in streams)
    ended = max(stream.ended_at for stream in streams)
    over = load.model_ttft_ms
    return {
        "streams": load.streams,
        "ttft_ms_p50": round(percentile(ttft, 0.5), 1),
        "ttft_ms_p99": round(percentile(ttft, 0.99), 1),
        "ttft_over_model_ms_p50": round(percentile(ttft, 0.5) - over, 1),
        "ttft_over_model_ms_p99": round(percentile(ttft, 0.99) - over, 1),
        "gap_ms_p50": round(percentile(gaps, 0.5), 1),
        "gap_ms_p99": round(percentile(gaps, 0.99), 1),
        "tokens_per_s": round(tokens / (ended - started)) if ended > started else 0,
        "tokens": tokens,
        "errors": sum(bool(stream.error) for stream in streams),
        "lost": sum(stream.lost for stream in streams),
        "doubled": sum(stream.doubled for stream in streams),
    }
