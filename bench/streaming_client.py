"""N browsers' worth of sockets: each asks once and notes when which text came.

The mock's tokens are the times at which it sent them, each with exactly one space: tokens are
counted as spaces, and the model's own time to first token is known to the microsecond. A stream
is whole when every event number came once, in order, and all tokens are there.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp

from bench.metrics import percentile

STREAM_S = 60.0
# Questions are spread over this time, as people are; 0 for a model without pauses.
RAMP_S = 1.0
OPENING_AT_A_TIME = 20
LAST = frozenset({"done", "failed", "stopped", "interrupted"})

Socket = aiohttp.ClientWebSocketResponse


@dataclass(slots=True)
class Stream:
    asked_at: float = 0.0
    ended_at: float = 0.0
    text_at: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    tokens: int = 0
    lost: int = 0
    doubled: int = 0
    timings: dict[str, int] = field(default_factory=dict)  # the server's own, in milliseconds
    error: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    url: str  # ws://host:port/path
    streams: int
    tokens: int
    gap_ms: float
    model_ttft_ms: float
    questions: Sequence[str]
    cookies: Sequence[str]  # empty: the server knows no sessions


@dataclass(slots=True)
class Round:
    """One question on each of the sockets. CPU in seconds, as `cpu` told."""

    streams: list[Stream]
    opening_cpu_s: float
    answering_cpu_s: float


async def run_load(load: Load, cpu: Callable[[], float], number: int = 0) -> Round:
    """Open all sockets, then ask on all of them, then close them. Round `number` asks on with the
    next questions."""
    streams = [Stream() for _ in range(load.streams)]
    timeout = aiohttp.ClientTimeout(total=None)
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(timeout=timeout, connector=connector) as session,
        AsyncExitStack() as closing,
    ):
        started = cpu()
        sockets = await _open_all(session, load, closing)
        opened = cpu()
        first = number * load.streams
        asking = (
            _one(socket, load, first + place, place, stream)
            for place, (socket, stream) in enumerate(zip(sockets, streams, strict=True))
        )
        await asyncio.gather(*asking)
        answered = cpu()
    return Round(streams, opened - started, answered - opened)


async def _open_all(
    session: aiohttp.ClientSession, load: Load, closing: AsyncExitStack
) -> list[Socket]:
    host = load.url.split("/")[2]
    places = asyncio.Semaphore(OPENING_AT_A_TIME)

    async def opened(place: int) -> Socket:
        headers = {"Origin": f"http://{host}"}
        if load.cookies:
            headers["Cookie"] = load.cookies[place]
        async with places:
            socket = await session.ws_connect(load.url, headers=headers, max_msg_size=0)
        closing.push_async_callback(socket.close)
        return socket

    return list(await asyncio.gather(*(opened(place) for place in range(load.streams))))


async def _one(socket: Socket, load: Load, question: int, place: int, stream: Stream) -> None:
    if load.gap_ms:
        await asyncio.sleep(RAMP_S * place / load.streams)
    try:
        async with asyncio.timeout(STREAM_S):
            await _ask(socket, load.questions[question % len(load.questions)], stream)
    except TimeoutError:
        stream.error = "time-out"
    except aiohttp.ClientError as error:
        stream.error = type(error).__name__
    stream.lost += max(0, load.tokens - stream.tokens)
    stream.doubled += max(0, stream.tokens - load.tokens)


async def _ask(socket: Socket, question: str, stream: Stream) -> None:
    frame = json.dumps({"type": "ask", "id": uuid4().hex, "text": question})
    stream.asked_at = time.monotonic()
    await socket.send_str(frame)
    seen = 0
    async for message in socket:
        now = time.monotonic()
        frame = json.loads(message.data)
        if frame["type"] == "refused":
            stream.error = frame["code"]
            return
        if "n" not in frame:
            continue
        stream.doubled += frame["n"] <= seen
        stream.lost += max(0, frame["n"] - seen - 1)
        seen = frame["n"]
        if _noted(frame, stream, now):
            return
    stream.error = "closed"


def _noted(frame: dict[str, Any], stream: Stream, now: float) -> bool:
    """Whether it was the answer's last event."""
    kind = frame["type"]
    if kind == "text":
        stream.text_at.append(now)
        stream.texts.append(frame["text"])
        stream.tokens += frame["text"].count(" ")
    elif kind == "usage":
        stream.timings = frame["timings"]
    elif kind in LAST:
        stream.ended_at = now
        if kind != "done":
            stream.error = frame.get("code") or kind
        return True
    return False


def own_ttft_ms(stream: Stream, load: Load) -> float:
    """What the model itself took from the request to its first token, on this stream.

    Its tokens are due on a schedule that does not drift, and none is sent early: the one that
    was sent the least late tells when the schedule began. Flat out there is no schedule, and the
    nominal time is as near as one can tell.
    """
    if not load.gap_ms:
        return load.model_ttft_ms
    sent = [float(token) * 1000 for token in "".join(stream.texts).split()]
    first_due = min(at - place * load.gap_ms for place, at in enumerate(sent))
    return load.model_ttft_ms + sent[0] - first_due


def figures_of(rounds: Sequence[Round], load: Load) -> dict[str, float]:
    """What was seen from outside, in milliseconds and tokens a second, over all rounds."""
    streams = [stream for one in rounds for stream in one.streams]
    answered = [stream for stream in streams if stream.text_at]
    ttft = [(stream.text_at[0] - stream.asked_at) * 1000 for stream in answered]
    over = [seen - own_ttft_ms(stream, load) for seen, stream in zip(ttft, answered, strict=True)]
    gaps = [
        (after - before) * 1000
        for stream in answered
        for before, after in zip(stream.text_at, stream.text_at[1:], strict=False)
    ]
    tokens = sum(stream.tokens for stream in streams)
    thousands = max(1, tokens) / 1000
    seconds = sum(_duration(one.streams) for one in rounds)
    figures = {
        "streams": load.streams,
        "ttft_ms_p50": round(percentile(ttft, 0.5), 1),
        "ttft_ms_p99": round(percentile(ttft, 0.99), 1),
        "ttft_over_model_ms_p50": round(percentile(over, 0.5), 1),
        "ttft_over_model_ms_p99": round(percentile(over, 0.99), 1),
        "gap_ms_p50": round(percentile(gaps, 0.5), 1),
        "gap_ms_p99": round(percentile(gaps, 0.99), 1),
        "tokens_per_s": round(tokens / seconds) if seconds else 0,
        "tokens": tokens,
        "answers": len(streams),
        "errors": sum(bool(stream.error) for stream in streams),
        "lost": sum(stream.lost for stream in streams),
        "doubled": sum(stream.doubled for stream in streams),
        "cpu_s_per_1k_tokens": round(sum(one.answering_cpu_s for one in rounds) / thousands, 4),
        "cpu_ms_per_socket_opened": round(
            sum(one.opening_cpu_s for one in rounds) * 1000 / len(streams), 2
        ),
    }
    for stage in ("search", "first_text"):
        if took := [stream.timings[stage] for stream in streams if stage in stream.timings]:
            figures[f"server_{stage}_ms_p50"] = percentile(took, 0.5)
            figures[f"server_{stage}_ms_p99"] = percentile(took, 0.99)
    return figures


def _duration(streams: Sequence[Stream]) -> float:
    ended = max(stream.ended_at for stream in streams)
    return max(0.0, ended - min(stream.asked_at for stream in streams))


def error_of(rounds: Sequence[Round]) -> str:
    """The errors of the streams, each once."""
    errors = {stream.error for one in rounds for stream in one.streams}
    return ", ".join(sorted(errors - {""}))
