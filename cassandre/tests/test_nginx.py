"""nginx.conf as it runs: rendered with a loopback upstream and a certificate of the test's own."""

from __future__ import annotations

import asyncio
import re
import subprocess
import zlib

import pytest

from cassandre.tests.nginx_front import (
    FIRST_CHUNK,
    LAST_CHUNK,
    PATIENCE_S,
    ask,
    body_of,
    chunk_of,
    command,
    connect,
    extra,
    folder,
    upstream,
    values,
)

__all__ = ["command", "connect", "extra", "folder", "upstream", "values"]


def test_nginx_accepts_the_rendered_template(command):
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    assert "[warn]" not in tested.stderr, tested.stderr


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


async def test_compressed_text_leaves_before_the_answer_ends_too(connect, upstream):
    reader, _writer = connection = await connect()
    head = await ask(connection, "GET /chat/", "Accept-Encoding: gzip")
    assert "Content-Encoding: gzip" in head
    unpack = zlib.decompressobj(wbits=31)
    text = b""
    while text != b"first":
        text += unpack.decompress(await chunk_of(reader))
    upstream.client_has_first.set()
    while chunk := await chunk_of(reader):
        text += unpack.decompress(chunk)
    assert text == b"firstlast"


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


async def test_nginx_says_in_words_that_the_application_is_away(connect):
    head = await ask(connection := await connect(), "GET /search/", "Connection: close")
    assert head.startswith("HTTP/1.1 502")
    assert "Retry-After: 10\r\n" in head
    page = (await body_of(connection)).decode()
    assert "n’est pas joignable" in page
    assert "cannot be reached" in page


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/readyz"])
async def test_what_is_for_the_inside_is_not_there_for_the_outside(connect, upstream, path):
    assert (await ask(await connect(), f"GET {path}")).startswith("HTTP/1.1 404")
    assert upstream.heads == []


async def test_each_request_gets_an_id_of_nginx(connect, upstream):
    await ask(await connect(), "GET /page/", "X-Request-ID: forged-by-a-client")
    assert re.search(r"X-Request-ID: [0-9a-f]{32}\r\n", upstream.heads[0])
    assert "forged" not in upstream.heads[0]


class TestBehindAnotherProxy:
    @pytest.fixture
    def values(self, values) -> dict[str, str]:
        return values | {"NGINX_TRUSTED_PROXY": "127.0.0.0/8"}

    async def test_its_word_about_the_client_counts(self, connect, upstream):
        chain = "X-Forwarded-For: 198.51.100.7, 203.0.113.9"  # the first is the client's own claim
        await ask(await connect(), "GET /page/", chain)
        assert "X-Forwarded-For: 203.0.113.9\r\n" in upstream.heads[0]


async def test_an_authority_finds_its_answer_without_tls(connect, extra):
    answer = extra / "acme" / ".well-known" / "acme-challenge" / "token"
    answer.parent.mkdir(parents=True)
    answer.write_text("proof")
    head = await ask(
        connection := await connect(tls=False),
        "GET /.well-known/acme-challenge/token",
        "Connection: close",
    )
    assert head.startswith("HTTP/1.1 200")
    assert await body_of(connection) == b"proof"
