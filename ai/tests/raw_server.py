"""A server that answers each connection with given bytes: what no decent mock would send."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

EVENT_STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


@contextlib.asynccontextmanager
async def answering(*parts: bytes) -> AsyncIterator[str]:
    """The base URL of a server for one question: sends `parts` as packets, then hangs up."""

    gone = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        with contextlib.suppress(ConnectionError):  # the client may have heard enough
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)  # a packet of its own
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        gone.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        await gone.wait()
        server.close()
        await server.wait_closed()
