"""`python -m scripts.start`: what start_all.sh runs once the packages are there.

Embedded, this process becomes the server. With CELERY_BROKER_URL it looks after three: web,
worker and beat. `python -m scripts.start stop` ends the one that runs on the data folder.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TextIO

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
LOOPBACK_HOSTS = "localhost,127.0.0.1,[::1]"
# Longer than the server's own grace for answers in flight.
STOP_TIMEOUT_S = 40.0


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


def serve() -> int:
    try:
        from cassandre.serve import main as serve_here  # noqa: PLC0415 (reads the settings)
    except ImproperlyConfigured as error:
        raise Refused(str(error)) from error
    return serve_here()


def serve_with_workers(data: Path) -> int:
    """Web, worker and beat; where one of them ends, all of them end."""
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "cassandre"]
    prepared = subprocess.run([python, "manage.py", "prepare"], check=False)
    if prepared.returncode:
        return prepared.returncode
    commands = [
        [python, "-m", "cassandre.serve"],
        [*celery, "worker", "--loglevel", "WARNING"],
        [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(data / "beat-schedule")],
    ]
    # Sessions of their own: Ctrl-C reaches us alone, and we end each of them once.
    children = [subprocess.Popen(command, start_new_session=True) for command in commands]
    try:
        while all(child.poll() is None for child in children):
            time.sleep(0.2)
        return 1
    finally:
        end_all(children)


def end_all(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT_S
    for child in children:
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()


def leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0 if number == signal.SIGINT else 128 + number)


def main(arguments: list[str]) -> int:
    os.chdir(BASE_DIR)
    try:
        data = read_environment()
        if arguments == ["stop"]:
            stop(data)
            return 0
        with claim(data):
            if not os.environ.get("CELERY_BROKER_URL"):
                return serve()
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, leave)
            return serve_with_workers(data)
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
