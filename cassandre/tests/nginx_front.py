"""nginx before an application of the test's own, as nginx.conf has it: with TLS on loopback."""

from __future__ import annotations

import asyncio
import re
import ssl
import tempfile
from pathlib import Path

import pytest

from cassandre.tests.conftest import free_port
from scripts import nginx_conf

# Only how soon a failure is told.
PATIENCE_S = 10
OF_FILES = (
    "Content-Type: text/css\r\nConnection: close\r\nVary: Accept-Encoding\r\n"
    "Cache-Control: max-age=315360000, public, immutable\r\n"
)
FIRST_CHUNK, LAST_CHUNK = b"5\r\nfirst\r\n", b"4\r\nlast\r\n0\r\n\r\n"


class Upstream:
    """Speaks just enough HTTP: keeps the request heads, and streams or upgrades by path."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.client_has_first = asyncio.Event()
        self.gone = False

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.gone:
            writer.close()
            return
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        if head.startswith("GET /ws/"):
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n")
            writer.write(b"Connection: Upgrade\r\n\r\n")
            writer.write(b"echo " + await reader.readexactly(4))
        elif path := re.match(r"GET (/(?:static|page)/\S*)", head):
            writer.write(f"HTTP/1.1 200 OK\r\n{OF_FILES}\r\n".encode() + path[1].encode() * 200)
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
            writer.write(b"Transfer-Encoding: chunked\r\n\r\n" + FIRST_CHUNK)
            await writer.drain()
            async with asyncio.timeout(2 * PATIENCE_S):
                await self.client_has_first.wait()
            writer.write(LAST_CHUNK)
        await writer.drain()
        writer.close()


@pytest.fixture
def folder():
    # Short, and open to nginx's own user, which pytest's folders are not.
    with tempfile.TemporaryDirectory(prefix="cassandre-nginx-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def values(program, folder) -> dict[str, str]:
    openssl = program("openssl", package="openssl")
    certificate, key = nginx_conf.make_certificate(folder, "cassandre.test", openssl=openssl)
    return {
        "NGINX_SERVER_NAME": "cassandre.test",
        "NGINX_UPSTREAM": f"127.0.0.1:{free_port()}",
        "NGINX_HTTP_LISTEN": f"127.0.0.1:{free_port()}",
        "NGINX_HTTPS_LISTEN": f"127.0.0.1:{free_port()}",
        "NGINX_CERTIFICATE": str(certificate),
        "NGINX_CERTIFICATE_KEY": str(key),
        "NGINX_MAX_UPLOAD_MB": "1",
        "NGINX_EXTRA": str(folder / "extra"),
    }


@pytest.fixture
def extra(folder) -> Path:
    """Additions of an installation."""
    for name in ("modules", "http", "acme"):
        (folder / "extra" / name).mkdir(parents=True)
    return folder / "extra"


@pytest.fixture
def command(program, folder, values) -> list[str]:
    return nginx_conf.command(program("nginx", package="nginx"), folder, values)


@pytest.fixture
async def upstream(values):
    upstream = Upstream()
    host, port = values["NGINX_UPSTREAM"].split(":")
    server = await asyncio.start_server(upstream.answer, host, int(port))
    yield upstream
    server.close()
    await server.wait_closed()


@pytest.fixture
async def connect(command, values):
    """Opens a connection through nginx; `tls=False` goes to its plain port."""
    nginx = await asyncio.create_subprocess_exec(*command, "-g", "daemon off;")
    trust = ssl.create_default_context(cafile=values["NGINX_CERTIFICATE"])
    writers: list[asyncio.StreamWriter] = []

    async def connect(*, tls: bool = True):
        host, port = values["NGINX_HTTPS_LISTEN" if tls else "NGINX_HTTP_LISTEN"].split(":")
        name = "cassandre.test" if tls else None
        for _attempt in range(100):
            try:
                reader, writer = await asyncio.open_connection(
                    host, int(port), ssl=trust if tls else None, server_hostname=name
                )
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writers.append(writer)
                return reader, writer
        raise AssertionError("nginx did not start")

    yield connect
    for writer in writers:
        writer.close()
    nginx.terminate()
    await nginx.wait()


async def ask(connection, request: str, *headers: str) -> str:
    """Sends one request; returns the head of the answer."""
    reader, writer = connection
    lines = [f"{request} HTTP/1.1", "Host: cassandre.test", *headers]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    async with asyncio.timeout(PATIENCE_S):
        head: bytes = await reader.readuntil(b"\r\n\r\n")
    return head.decode()


async def body_of(connection) -> bytes:
    async with asyncio.timeout(PATIENCE_S):
        return await connection[0].read()


async def chunk_of(reader: asyncio.StreamReader) -> bytes:
    """One chunk of a body that is sent in chunks; empty at its end."""
    async with asyncio.timeout(PATIENCE_S):
        size = int(await reader.readline(), 16)
        return (await reader.readexactly(size + 2))[:-2]
