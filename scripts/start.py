"""`python -m scripts.start`: what start_all.sh runs once the packages are there.

Embedded, this process becomes the server. With CELERY_BROKER_URL it looks after WEB_PROCESSES web
processes, WORKERS workers, and beat. `python -m scripts.start stop` ends the one that runs on the
data folder, `status` tells what it looks after.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TextIO

import environ
from django.core.exceptions import ImproperlyConfigured

from scripts.supervisor import Part, Supervisor, board_of

BASE_DIR = Path(__file__).resolve().parent.parent
LOOPBACK_HOSTS = "localhost,127.0.0.1,[::1]"
# Longer than the server's own grace for answers in flight.
STOP_TIMEOUT_S = 40.0
MOST_PROCESSES = 64
# Connections that wait while all web processes are busy, or are being started again.
BACKLOG = 2048
BOARD = "processes.json"  # in the data folder


class Refused(Exception):
    """A sentence for the person who started this."""


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def set_default(name: str, value: str) -> str:
    """Empty is as good as unset: `NAME=` in .env leaves the choice to us."""
    os.environ[name] = os.environ.get(name) or value
    return os.environ[name]


def read_environment() -> Path:
    """Variables already set win over .env, .env over the defaults. Returns the data folder."""
    environ.Env.read_env(BASE_DIR / ".env")
    host = set_default("HOST", "127.0.0.1")
    set_default("PORT", "8000")
    set_default("WEB_PROCESSES", "1")
    set_default("WORKERS", "1")
    set_default("DJANGO_SETTINGS_MODULE", "cassandre.prod_settings")
    set_default("ALLOWED_HOSTS", LOOPBACK_HOSTS)
    if is_loopback(host):
        set_default("HTTPS", "false")
    data = Path(set_default("CASSANDRE_DATA", str(BASE_DIR / "data"))).resolve()
    os.environ["CASSANDRE_DATA"] = str(data)
    return data


def provide_secret(data: Path) -> None:
    """A secret of this installation's own, kept in the data folder."""
    if os.environ.get("SECRET_KEY") or os.environ.get("SECRET_KEY_FILE"):
        return
    path = data / "secret_key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(64) + "\n")
    os.environ.pop("SECRET_KEY", None)
    os.environ["SECRET_KEY_FILE"] = str(path)


def take_over(data: Path) -> TextIO:
    """Locks the data folder's run.lock until this process is gone, whatever ends it."""
    file = (data / "run.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise Refused(
            f"Cassandre already runs on {data} (process {file.read().strip()}). End it with "
            "make stop, or choose another folder with CASSANDRE_DATA and another PORT."
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def claim(data: Path) -> TextIO:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = take_over(data)
        provide_secret(data)
    except OSError as error:
        raise Refused(
            f"{error.filename}: {error.strerror}. Make the data folder {data} writable, or "
            "choose another with CASSANDRE_DATA=/a/folder ./start_all.sh"
        ) from error
    return lock


def stop(data: Path) -> None:
    """Ends the holder of run.lock and waits until it is gone."""
    try:
        file = (data / "run.lock").open("r+")
    except FileNotFoundError:
        raise Refused(f"Nothing runs on {data}.") from None
    with file:
        deadline = time.monotonic() + STOP_TIMEOUT_S
        asked = False
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not asked:
                    os.kill(int(file.read()), signal.SIGTERM)
                    asked = True
                if time.monotonic() > deadline:
                    raise Refused(f"Cassandre on {data} has not ended yet.") from None
                time.sleep(0.1)
                continue
            break
    sys.stdout.write("Stopped.\n" if asked else f"Nothing runs on {data}.\n")


def has_broker() -> bool:
    """Whether web, worker and beat are processes of their own."""
    names = ("CELERY_BROKER_URL", "CELERY_BROKER_URL_FILE")
    return any(os.environ.get(name) for name in names)


def serve() -> int:
    for name in ("WEB_PROCESSES", "WORKERS"):
        if number_of(name) > 1:
            raise Refused(
                f"{name}={number_of(name)}: several processes need CELERY_BROKER_URL, and the "
                "services that it needs."
            )
    try:
        from cassandre.serve import main as serve_here  # noqa: PLC0415 (reads the settings)
    except ImproperlyConfigured as error:
        raise Refused(str(error)) from error
    return serve_here()


def serve_together(data: Path) -> int:
    """Web processes, workers and beat, each started again where it ends."""
    with listening() as shared:
        parts = parts_of(shared.fileno())
        prepared = subprocess.run([sys.executable, "manage.py", "prepare"], check=False)
        if prepared.returncode:
            return prepared.returncode
        sys.stdout.write(f"Cassandre: http://{os.environ['HOST']}:{os.environ['PORT']}/\n")
        sys.stdout.flush()
        supervisor = Supervisor(parts, data / BOARD)
        try:
            supervisor.run()
        finally:
            supervisor.end(STOP_TIMEOUT_S)
    return 0


def parts_of(listener: int) -> list[Part]:
    """The web processes take their connections from one socket, so that none is lost while one
    of them is started again."""
    celery = [sys.executable, "-m", "celery", "-A", "cassandre"]
    web = [sys.executable, "-m", "cassandre.serve", "--fd", str(listener)]
    worker = [*celery, "worker", "--loglevel", "WARNING", "--hostname"]
    parts = [
        Part(f"web-{number}", web, passed=[listener])
        for number in range(1, number_of("WEB_PROCESSES") + 1)
    ]
    # Each serves its own figures.
    metrics = int(os.environ.get("METRICS_PORT") or 0)
    for number in range(1, number_of("WORKERS") + 1):
        own = {"METRICS_PORT": str(metrics + number - 1)} if metrics else {}
        name = f"worker-{number}"
        parts.append(Part(name, [*worker, f"{name}@%h"], environment=own))
    return [*parts, Part("beat", [*celery, "beat", "--loglevel", "WARNING"])]


def number_of(name: str) -> int:
    value = os.environ[name]
    if not value.isdigit() or not 1 <= int(value) <= MOST_PROCESSES:
        raise Refused(f"{name}={value}: expected a number from 1 to {MOST_PROCESSES}.")
    return int(value)


def listening() -> socket.socket:
    """Bound here and now: a taken port is said in a sentence before anything is touched."""
    host, port = os.environ["HOST"], os.environ["PORT"]
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise Refused(f"PORT={port}: expected a number from 1 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, int(port)), family=family, backlog=BACKLOG)
    except OSError as error:
        raise Refused(
            f"{host}:{port} cannot be used ({error.strerror}). Stop what uses it, or choose "
            "another with PORT=8001 ./start_all.sh"
        ) from error


def tell(data: Path) -> None:
    """Which processes run on the data folder."""
    try:
        sys.stdout.write(board_of(data / BOARD))
    except FileNotFoundError:
        raise Refused(f"No supervisor runs on {data}: embedded, or nothing at all.") from None


def leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0 if number == signal.SIGINT else 128 + number)


def main(arguments: list[str]) -> int:
    os.chdir(BASE_DIR)
    try:
        data = read_environment()
        if arguments in (["stop"], ["status"]):
            (stop if arguments == ["stop"] else tell)(data)
            return 0
        with claim(data):
            if not has_broker():
                return serve()
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, leave)
            return serve_together(data)
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
