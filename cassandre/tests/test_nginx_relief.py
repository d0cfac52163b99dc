"""What nginx takes off the application: static files, compression, programs that ask too fast."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pytest
from django.urls import reverse

from cassandre.tests.nginx_front import (
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
from scripts import nginx_conf

__all__ = ["command", "connect", "extra", "folder", "upstream", "values"]

BROTLI = Path("/usr/lib/nginx/modules/ngx_http_brotli_filter_module.so")


async def test_a_static_file_is_asked_of_the_application_once(connect, upstream):
    bodies = []
    for encoding in ("gzip, br", "gzip", "gzip, deflate, zstd"):
        connection = await connect()
        headers = (f"Accept-Encoding: {encoding}", "Connection: close")
        head = await ask(connection, "GET /static/theme/styles.0a1b2c.css", *headers)
        assert "Cache-Control: max-age=315360000, public, immutable" in head
        bodies.append(await body_of(connection))
    assert len(upstream.heads) == 1
    assert len(set(bodies)) == 1


async def test_a_static_file_is_served_while_the_application_restarts(connect, upstream, values):
    """One that nginx has kept, that is: it does not even ask."""
    path = "GET /static/theme/styles.0a1b2c.css"
    await ask(await connect(), path)
    upstream.gone = True
    assert (await ask(await connect(), path)).startswith("HTTP/1.1 200")
    assert (await ask(await connect(), "GET /page/")).startswith("HTTP/1.1 502")


async def test_text_is_compressed_for_who_takes_it(connect, upstream):
    headers = ("Accept-Encoding: gzip", "Connection: close")
    head = await ask(connection := await connect(), "GET /page/", *headers)
    assert "Content-Encoding: gzip" in head
    packed = b""
    while chunk := await chunk_of(connection[0]):
        packed += chunk
    assert gzip.decompress(packed) == b"/page/" * 200
    plain = await ask(await connect(), "GET /page/", "Connection: close")
    assert "Content-Encoding" not in plain


@pytest.fixture
def brotli(extra) -> None:
    if not BROTLI.exists():
        give_up = pytest.fail if os.environ.get("CASSANDRE_NO_SKIP") == "1" else pytest.skip
        give_up("apt-get install libnginx-mod-http-brotli-filter")
    (extra / "modules" / "brotli.conf").write_text(f"load_module {BROTLI};\n")
    (extra / "http" / "brotli.conf").write_text("brotli on;\nbrotli_types text/css;\n")


async def test_brotli_is_an_addition_where_it_is_compiled(brotli, connect, upstream):
    head = await ask(await connect(), "GET /page/", "Accept-Encoding: gzip, br")
    assert "Content-Encoding: br" in head


class TestTooFast:
    @pytest.fixture
    def command(self, program, folder, values) -> list[str]:
        """The same zones, drained by the first request: what is tested is what they hold."""
        command = nginx_conf.command(program("nginx", package="nginx"), folder, values)
        text = (folder / "nginx.conf").read_text()
        text, zones = re.subn(r"rate=\d+r/s", "rate=1r/m", text)
        text, bursts = re.subn(r" burst=\d+( nodelay)?", "", text)
        assert (zones, bursts) == (3, 3)
        (folder / "nginx.conf").write_text(text)
        return command

    @pytest.mark.parametrize(
        ("method", "name"),
        [
            ("POST", "account_login"),
            ("POST", "backoffice:upload"),
            ("POST", "backoffice:documents_archives"),
            ("POST", "backoffice:corpus_import"),
            ("GET", "chat:search"),
            ("GET", "chat:new"),
        ],
    )
    async def test_a_program_is_told_to_wait(self, connect, method, name):
        request = f"{method} {reverse(name)}"
        first = await ask(await connect(), request, "Content-Length: 0", "Connection: close")
        assert first.startswith("HTTP/1.1 502"), "let through, to an application that is not there"
        second = await ask(
            connection := await connect(), request, "Content-Length: 0", "Connection: close"
        )
        assert second.startswith("HTTP/1.1 429")
        assert "Retry-After: 5\r\n" in second
        assert "X-Content-Type-Options: nosniff" in second
        page = (await body_of(connection)).decode()
        assert "Patientez quelques secondes" in page
        assert "Wait a few seconds" in page

    @pytest.mark.parametrize("name", ["account_login", "backoffice:upload"])
    async def test_looking_is_not_counted_as_sending(self, connect, name):
        for _time in range(3):
            head = await ask(await connect(), f"GET {reverse(name)}", "Connection: close")
            assert head.startswith("HTTP/1.1 502")
