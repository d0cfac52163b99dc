"""`python -m cassandre.serve`: check, prepare, and serve until Ctrl-C.

With the embedded worker, web and worker are this one process; with CELERY_BROKER_URL it is a
web process, and workers run beside it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import sys
from collections.abc import Sequence

import django
import uvicorn
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int, help="a listening socket that others serve too")
    shared = parser.parse_args(arguments).fd
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cassandre.prod_settings")
    try:
        django.setup()
    except ImproperlyConfigured as error:
        return _refuse(str(error))
    from cassandre.readiness import NotReady, make_ready  # noqa: PLC0415 (needs the apps)
    from cassandre.server import Server  # noqa: PLC0415 (as above)

    host = os.environ.get("HOST") or "127.0.0.1"
    try:
        port = _port()
        if shared is None:
            _check_port(host, port)
        make_ready(_say)
    except NotReady as error:
        return _refuse(str(error))
    except PortError as error:
        return _refuse(str(error))
    if shared is None:
        _say(where(host, port))
    server = Server(_configuration(host, port))
    with contextlib.suppress(KeyboardInterrupt):
        server.run(None if shared is None else [socket.socket(fileno=shared)])
    return 0 if server.started else 1


def _configuration(host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        "cassandre.asgi:application",
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,  # costs more CPU than the bytes it saves on small frames
        lifespan="on",
        proxy_headers=False,  # Django believes a proxy where TRUSTED_PROXIES says there is one
        access_log=False,  # common/middleware.py has one, with ids and without query strings
        log_config=None,  # cassandre/log_settings.py
        timeout_graceful_shutdown=settings.ANSWER_GRACE_S + 5,  # and what ending them takes
    )


def where(host: str, port: int) -> str:
    shown = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::1", "::"} else host  # noqa: S104
    return f"Cassandre: http://{shown}:{port}/   back office: http://{shown}:{port}/admin/"


class PortError(Exception):
    pass


def _port() -> int:
    value = os.environ.get("PORT") or "8000"
    if not value.isdigit() or not 1 <= int(value) <= 65535:
        raise PortError(f"PORT={value}: expected a number from 1 to 65535.")
    return int(value)


def _check_port(host: str, port: int) -> None:
    """Before anything is touched: a taken port is said in a sentence, not in a traceback."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortError(
                f"{host}:{port} cannot be used ({error.strerror}). Stop what uses it, or choose "
                "another with PORT=8001 ./start_all.sh"
            ) from error


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
