"""Who may read the metrics, and the door for processes that have no other."""

from __future__ import annotations

import ipaddress
import logging
import secrets
import threading
from collections.abc import Iterable
from socketserver import ThreadingMixIn
from typing import Any

from django.conf import settings

from common import exposition

logger = logging.getLogger(__name__)

# A proxy in front has them in what it passes on: an address of the inside is then its own.
PROXY_HEADERS = ("x-forwarded-for", "x-real-ip", "forwarded")


def is_open() -> bool:
    return bool(settings.METRICS_TOKEN or settings.METRICS_ALLOWED)


def may_read(*, peer: str, authorization: str, came_by_proxy: bool) -> bool:
    """With the token, from wherever; without, straight from a network that is allowed."""
    if settings.METRICS_TOKEN:
        expected = f"Bearer {settings.METRICS_TOKEN}".encode()
        if secrets.compare_digest(authorization.encode(), expected):
            return True
    if came_by_proxy:
        return False
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in settings.METRICS_ALLOWED)


def listen(port: int, host: str) -> None:
    """Serve them on a port of its own, in a daemon thread. A port that is taken leaves the process
    without: it has other work."""
    from wsgiref.simple_server import (  # noqa: PLC0415 (where it is used)
        WSGIRequestHandler,
        WSGIServer,
        make_server,
    )

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    class Silent(WSGIRequestHandler):
        def log_message(self, *_args: Any) -> None:
            """Scrapes are not worth a line each."""

    try:
        server = make_server(host, port, answer, Server, Silent)
    except OSError as error:
        logger.warning("no metrics on port %s: %s", port, error)
        return
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()


def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """A WSGI application for /metrics alone."""
    asked = {name: environ.get(f"HTTP_{name.upper().replace('-', '_')}") for name in PROXY_HEADERS}
    if environ["PATH_INFO"] != "/metrics":
        status, body = "404 Not Found", b""
    elif not may_read(
        peer=environ.get("REMOTE_ADDR", ""),
        authorization=environ.get("HTTP_AUTHORIZATION", ""),
        came_by_proxy=any(asked.values()),
    ):
        status, body = "403 Forbidden", b""
    else:
        status, body = "200 OK", exposition.exposed()
    headers = [("Content-Type", exposition.CONTENT_TYPE), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]
