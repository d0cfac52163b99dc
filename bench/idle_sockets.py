"""What open pages weigh: sockets of signed-in people that ask nothing, and ping as pages do.

    python -m bench.idle_sockets [--sockets 1000] [--modes embedded,redis] [--json]

The server's memory after one socket has come and gone, then with all sockets open: each has
pinged once, after the silence that a page pings at, and the server has looked at each session.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from bench.processes import cpu_seconds, mock_model, rss_mib
from bench.scratch import say
from bench.streaming_report import words
from bench.streaming_servers import Seeded, Setup, Target, cassandre, raise_file_limit, seed

AIM_MIB = 60
PING_AFTER_S = 15.0  # of silence, as theme/static/theme/js/heartbeat.js does
PONG_S = 10.0
# Then until each session has been looked at: chat.consumers.GUARD_INTERVAL_S, and some time more.
GUARDED_AFTER_S = 25.0
OPENING_AT_A_TIME = 20
SETTLE_S = 2.0


def main() -> int:
    parser = argparse.ArgumentParser(description="memory of idle sockets")
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--modes", default="embedded,redis")
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    arguments = parser.parse_args()
    try:
        modes = words(arguments.modes, ("embedded", "redis"))
    except ValueError as error:
        parser.error(str(error))
    raise_file_limit()
    folder = Path(tempfile.mkdtemp(prefix="cassandre-bench-"))
    try:
        seeded = seed(folder, people=arguments.sockets, passages=1)
        with mock_model(folder) as model_url:
            figures = {mode: weigh(mode, seeded, folder, model_url) for mode in modes}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for mode, found in figures.items():
        for name, value in found.items():
            print(f"{mode:10}{name:28}{value:>8}")
    if arguments.json:
        print(json.dumps(figures))
    return 0


def weigh(mode: str, seeded: Seeded, folder: Path, model_url: str) -> dict[str, float]:
    with cassandre(Setup(mode=mode), seeded, folder, model_url) as target:
        return asyncio.run(open_and_ping(target))


class Page:
    """A socket that is read all the time, as a browser does: so it answers the server's pings."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._pong = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            if message.json()["type"] == "pong":
                self._pong.set()

    async def ping(self) -> None:
        """Raises TimeoutError where no pong comes."""
        self._pong.clear()
        await self._socket.send_str('{"type":"ping"}')
        async with asyncio.timeout(PONG_S):
            await self._pong.wait()

    @property
    def is_open(self) -> bool:
        return not self._reading.done()

    async def close(self) -> None:
        self._reading.cancel()
        await self._socket.close()


async def open_and_ping(target: Target) -> dict[str, float]:
    """Raises TimeoutError where a socket does not answer its ping, RuntimeError where one ends."""

    def cpu() -> float:
        return cpu_seconds(target.process)

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session, AsyncExitStack() as closing:
        page = await _opened(session, target, 0)
        await page.ping()
        await page.close()
        await asyncio.sleep(SETTLE_S)
        empty, before = rss_mib(target.process), cpu()
        started = time.monotonic()
        pages = await _open_all(session, target, closing)
        opened = cpu()
        say(f"{len(pages)} sockets open after {time.monotonic() - started:.1f} s")
        await asyncio.sleep(PING_AFTER_S)
        quiet = cpu()
        await asyncio.gather(*(page.ping() for page in pages))
        pinged = cpu()
        await asyncio.sleep(GUARDED_AFTER_S)
        guarded, full = cpu(), rss_mib(target.process)
        if closed := sum(not page.is_open for page in pages):
            raise RuntimeError(f"{closed} sockets were closed")
    count = len(pages)
    return {
        "sockets": count,
        "rss_empty_mib": round(empty, 1),
        "rss_full_mib": round(full, 1),
        "difference_mib": round(full - empty, 1),
        "aim_mib": AIM_MIB,
        "kib_per_socket": round((full - empty) * 1024 / count, 1),
        "cpu_ms_per_socket_opened": round((opened - before) * 1000 / count, 2),
        "cpu_ms_per_ping": round((pinged - quiet) * 1000 / count, 3),
        "cpu_ms_per_session_checked": round((guarded - pinged) * 1000 / count, 3),
    }


async def _open_all(
    session: aiohttp.ClientSession, target: Target, closing: AsyncExitStack
) -> list[Page]:
    places = asyncio.Semaphore(OPENING_AT_A_TIME)

    async def opened(place: int) -> Page:
        async with places:
            page = await _opened(session, target, place)
        closing.push_async_callback(page.close)
        return page

    return list(await asyncio.gather(*(opened(place) for place in range(len(target.cookies)))))


async def _opened(session: aiohttp.ClientSession, target: Target, place: int) -> Page:
    host = f"127.0.0.1:{target.port}"
    headers = {"Origin": f"http://{host}", "Cookie": target.cookies[place]}
    return Page(await session.ws_connect(f"ws://{host}/ws/answers/", headers=headers))


if __name__ == "__main__":
    sys.exit(main())
