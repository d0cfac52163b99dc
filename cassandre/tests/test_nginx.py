"""nginx.conf as it runs: rendered with a loopback upstream and a certificate of the test's own."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
import tempfile
from pathlib import Path

import pytest

from cassandre.tests.conftest import free_port

TEMPLATE = Path(__file__).resolve().parents[2] / "nginx.conf"
# Only how soon a failure is told.
PATIENCE_S = 10
FIRST_CHUNK, LAST_CHUNK = b"5\r\nfirst\r\n", b"4\r\nlast\r\n0\r\n\r\n"


class Upstream:
    """Speaks just enough HTTP: keeps the request heads, and streams or upgrades by path."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.client_has_first = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        if head.startswith("GET /ws/"):
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n")
            writer.write(b"Connection: Upgrade\r\n\r\n")
            writer.write(b"echo " + await reader.readexactly(4))
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + FIRST_CHUNK)
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
    certificate, key = str(folder / "cert.pem"), str(folder / "key.pem")
    openssl = program("openssl", package="openssl")
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=cassandre.test", "-keyout", key]
    subprocess.run([*command, "-out", certificate], check=True, capture_output=True)
    return {
        "NGINX_STATE": str(folder),
        "NGINX_SERVER_NAME": "cassandre.test",
        "NGINX_UPSTREAM": f"127.0.0.1:{free_port()}",
        "NGINX_HTTP_LISTEN": f"127.0.0.1:{free_port()}",
        "NGINX_HTTPS_LISTEN": f"127.0.0.1:{free_port()}",
        "NGINX_CERTIFICATE": certificate,
        "NGINX_CERTIFICATE_KEY": key,
        "NGINX_MAX_UPLOAD_MB": "1",
    }


@pytest.fixture
def command(program, folder, values) -> list[str]:
    text = re.sub(r"\$\{(NGINX_\w+)\}", lambda found: values[found[1]], TEMPLATE.read_text())
    (folder / "nginx.conf").write_text(text)
    nginx = program("nginx", package="nginx")
    return [nginx, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def test_nginx_accepts_the_rendered_template(command):
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    assert "[warn]" not in tested.stderr, tested.stderr


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


async def test_a_websocket_passes_both_ways(connect, upstream):
    reader, writer = connection = await connect()
    head = await ask(connection, "GET /ws/answers/", "Upgrade: websocket", "Connection: Upgrade")
    assert head.startswith("HTTP/1.1 101")
    writer.write(b"ping")
    assert await reader.readexactly(9) == b"echo ping"
    assert "Upgrade: websocket" in upstream.heads[0]
    assert "Connection: upgrade" in upstream.heads[0]


async def test_streamed_text_leaves_before_the_answer_ends(connect, upstream):
    reader, _writer = connection = await connect()
    await ask(connection, "GET /chat/")
    async with asyncio.timeout(PATIENCE_S):
        assert await reader.readexactly(len(FIRST_CHUNK)) == FIRST_CHUNK
    upstream.client_has_first.set()
    assert await reader.readexactly(len(LAST_CHUNK)) == LAST_CHUNK


async def test_a_client_cannot_forge_its_address_or_scheme(connect, upstream):
    forged = ("X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: http")
    await ask(await connect(), "GET /", *forged)
    upstream.client_has_first.set()
    assert "X-Forwarded-For: 127.0.0.1\r\n" in upstream.heads[0]
    assert "X-Forwarded-Proto: https\r\n" in upstream.heads[0]
    assert "203.0.113.9" not in upstream.heads[0]


async def test_an_upload_over_the_limit_is_refused_at_the_door(connect, upstream):
    head = await ask(await connect(), "POST /documents/", f"Content-Length: {2 * 1024 * 1024}")
    assert head.startswith("HTTP/1.1 413")
    assert "X-Content-Type-Options: nosniff" in head
    assert upstream.heads == []


async def test_plain_http_is_sent_to_https(connect):
    head = await ask(await connect(tls=False), "GET /search/?q=x")
    assert head.startswith("HTTP/1.1 301")
    assert "Location: https://cassandre.test/search/?q=x" in head


async def test_a_missing_application_is_said_without_naming_the_server_version(connect):
    head = await ask(await connect(), "GET /")
    assert head.startswith("HTTP/1.1 502")
    assert "Server: nginx\r\n" in head
