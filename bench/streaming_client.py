"""N browsers' worth of sockets: each asks once and notes when which text came.

The mock's tokens are the times at which it sent them, each with exactly one space: tokens are
counted as spaces, and the model's own time to first token is known to the microsecond. A stream
is whole when every event number came once, in order, and all tokens are there.
"""

from __future__ import annotations

import asyncio
import json
import math
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
    """One question on each of the sockets. CPU in seconds, as `cpu` told; the client's own."""

    streams: list[Stream]
    opening_cpu_s: float
    answering_cpu_s: float
    client_cpu_s: float = 0.0


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
        opened, client = cpu(), time.process_time()
        first = number * load.streams
        asking = (
            _one(socket, load, first + place, place, stream)
            for place, (socket, stream) in enumerate(zip(sockets, streams, strict=True))
        )
        await asyncio.gather(*asking)
        answered, client = cpu(), time.process_time() - client
    return Round(streams, opened - started, answered - opened, client)


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
            await ask(socket, load.questions[question % len(load.questions)], stream)
    except TimeoutError:
        stream.error = "time-out"
    except aiohttp.ClientError as error:
        stream.error = type(error).__name__
    stream.lost += max(0, load.tokens - stream.tokens)
    stream.doubled += max(0, stream.tokens - load.tokens)


async def ask(socket: Socket, question: str, stream: Stream) -> None:
    """Ask over an open socket, and note in `stream` what came until the answer's end."""
    frame = json.dumps({"type": "ask", "id": uuid4().hex, "text": question})
    stream.asked_at = time.monotonic()
    await socket.send_str(frame)
    seen, answer = 0, ""
    async for message in socket:
        now = time.monotonic()
        frame = json.loads(message.data)
        if frame["type"] == "accepted":
            answer = frame["answer"]
        elif answer and frame.get("answer", answer) != answer:
            continue  # of a question before, which was given up
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


def late_ms(stream: Stream, load: Load) -> list[float]:
    """How late the model was with each of its tokens.

    They are due on a schedule that does not drift, and none is sent early: the one that was sent
    the least late tells when the schedule began. Flat out there is no schedule to be late for.
    """
    if not load.gap_ms:
        return []
    sent = [float(token) * 1000 for token in "".join(stream.texts).split()]
    after = [at - place * load.gap_ms for place, at in enumerate(sent)]
    first_due = min(after)
    return [at - first_due for at in after]


def figures_of(rounds: Sequence[Round], load: Load) -> dict[str, float]:
    """What was seen from outside, in milliseconds and tokens a second, over all rounds."""
    streams = [stream for one in rounds for stream in one.streams]
    tokens = sum(stream.tokens for stream in streams)
    seconds = sum(_duration(one.streams) for one in rounds) or math.inf
    opening = sum(one.opening_cpu_s for one in rounds)
    answering = sum(one.answering_cpu_s for one in rounds)
    return {
        "streams": load.streams,
        **_waits(streams, load),
        "tokens_per_s": round(tokens / seconds),
        "tokens": tokens,
        "answers": len(streams),
        "errors": sum(bool(stream.error) for stream in streams),
        "lost": sum(stream.lost for stream in streams),
        "doubled": sum(stream.doubled for stream in streams),
        "cpu_s_per_1k_tokens": round(answering * 1000 / max(1, tokens), 4),
        "cpu_ms_per_socket_opened": round(opening * 1000 / len(streams), 2),
        "client_core_share": round(sum(one.client_cpu_s for one in rounds) / seconds, 2),
        **_stages(streams),
    }


def _waits(streams: Sequence[Stream], load: Load) -> dict[str, float]:
    answered = [stream for stream in streams if stream.text_at]
    late = [late_ms(stream, load) for stream in answered]
    ttft = [(stream.text_at[0] - stream.asked_at) * 1000 for stream in answered]
    over = [seen - load.model_ttft_ms - sum(its[:1]) for seen, its in zip(ttft, late, strict=True)]
    gaps = [
        (after - before) * 1000
        for stream in answered
        for before, after in zip(stream.text_at, stream.text_at[1:], strict=False)
    ]
    every = [one for its in late for one in its]
    return {
        **_percentiles("ttft_ms", ttft, 1),
        **_percentiles("ttft_over_model_ms", over, 1),
        **_percentiles("gap_ms", gaps, 1),
        **_percentiles("model_late_ms", every, 1),
    }


def _stages(streams: Sequence[Stream]) -> dict[str, float]:
    """The server's own times; none of a server that tells none."""
    figures: dict[str, float] = {}
    for stage in ("search", "first_text"):
        if took := [stream.timings[stage] for stream in streams if stage in stream.timings]:
            figures |= _percentiles(f"server_{stage}_ms", took, 0)
    return figures


def _percentiles(name: str, values: Sequence[float], digits: int) -> dict[str, float]:
    return {
        f"{name}_p50": round(percentile(values, 0.5), digits),
        f"{name}_p99": round(percentile(values, 0.99), digits),
    }


def _duration(streams: Sequence[Stream]) -> float:
    ended = max(stream.ended_at for stream in streams)
    return max(0.0, ended - min(stream.asked_at for stream in streams))


def error_of(rounds: Sequence[Round]) -> str:
    """The errors of the streams, each once."""
    errors = {stream.error for one in rounds for stream in one.streams}
    return ", ".join(sorted(errors - {""}))
