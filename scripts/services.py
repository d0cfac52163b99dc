"""Real PostgreSQL, Redis and S3 on loopback, for as long as one command runs.

    python -m scripts.services run pytest -q   the command finds them in its environment
    python -m scripts.services up              prints the exports, serves until Ctrl-C

Everything lives in a scratch folder that goes away at the end. The programs are Debian's:
postgresql, redis-server, and swift (proxy, account, container, object) as an S3 server that
really checks signatures.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from scripts import swift_node

# Outgoing connections take ports from 32768 up; the search for free ones stays far below.
FIRST_PORT = {"postgres": 15432, "redis": 16379, "s3": 18080}
PORTS_TO_TRY = 200
START_TIMEOUT_S = 60.0
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 4 * 2**30  # noqa: S108 (a folder of its own in it)
STOP_TIMEOUT_S = 10.0


class Refused(Exception):
    """A sentence for the person who started this."""


def free_port(first: int, *, taken: set[int]) -> int:
    for port in range(first, first + PORTS_TO_TRY):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                if port not in taken:
                    taken.add(port)
                    return port
    raise Refused(f"no free port from {first} to {first + PORTS_TO_TRY - 1}")


def program(name: str, *, package: str) -> str:
    folders = [*map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
    folders += [os.environ.get("PATH", ""), "/usr/sbin"]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if not found:
        raise Refused(f"{name} is not installed: apt-get install {package}")
    return found


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def end(process: subprocess.Popen[bytes]) -> None:
    # SIGINT is PostgreSQL's fast shutdown, and ends the others as well as SIGTERM does.
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], *, name: str, log: Path
) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-2000:]
            raise Refused(f"{name} did not start:\n{tail}")
        time.sleep(0.1)


@contextlib.contextmanager
def serving(
    command: list[str], ready: Callable[[], bool], *, log: Path, user: str | None = None
) -> Iterator[None]:
    """A child in a session of its own, so that a Ctrl-C here ends the command before it."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/",
            start_new_session=True,
            **as_user(user),
        )
    try:
        wait_until(ready, process, name=Path(command[0]).name, log=log)
        yield
    finally:
        end(process)


def as_user(user: str | None) -> dict[str, Any]:
    return {"user": user, "group": user, "extra_groups": []} if user else {}


@contextlib.contextmanager
def postgres(folder: Path, port: int) -> Iterator[dict[str, str]]:
    initdb = program("initdb", package="postgresql")
    server = program("postgres", package="postgresql")
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    data, log = folder / "postgres", folder / "postgres.log"
    data.mkdir(mode=0o700)
    if user:
        shutil.chown(data, user, user)
    init = [initdb, "-D", str(data), "-U", "cassandre", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(init, check=True, stdout=subprocess.DEVNULL, cwd="/", **as_user(user))
    command = [server, "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", ""]
    # A scratch database that a power cut may take.
    for setting in ("fsync=off", "synchronous_commit=off", "full_page_writes=off"):
        command += ["-c", setting]
    # The port opens before the server takes connections.
    ask = [program("pg_isready", package="postgresql"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    with serving(
        command, lambda: subprocess.run(ask, check=False).returncode == 0, log=log, user=user
    ):
        # Django's test runner makes its own database from the one named `postgres`.
        yield {
            "DB_HOST": "127.0.0.1",
            "DB_PORT": str(port),
            "DB_NAME": "postgres",
            "DB_USER": "cassandre",
            "DB_PASSWORD": "",
        }


@contextlib.contextmanager
def redis(folder: Path, port: int) -> Iterator[dict[str, str]]:
    command = [program("redis-server", package="redis-server"), "--port", str(port)]
    command += ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with serving(command, partial(answers, port), log=folder / "redis.log"):
        yield {"CHANNEL_REDIS": f"redis://127.0.0.1:{port}/0"}


@contextlib.contextmanager
def s3(folder: Path, port: int, *, taken: set[int]) -> Iterator[dict[str, str]]:
    stores = {name: free_port(port + 1, taken=taken) for name in swift_node.STORES}
    swift_node.write_configuration(folder, proxy_port=port, ports=stores, user=getpass.getuser())
    with contextlib.ExitStack() as stack:
        for name, own_port in (stores | {"proxy": port}).items():
            server = program(f"swift-{name}-server", package=f"swift-{name}")
            command = [server, str(folder / f"{name}.conf"), "-v"]
            ready = partial(answers, own_port)
            stack.enter_context(serving(command, ready, log=folder / f"{name}.log"))
        yield {
            "MINIO_URL": f"http://127.0.0.1:{port}",
            "MINIO_ACCESS_KEY_ID": swift_node.ACCESS_KEY,
            "MINIO_SECRET_ACCESS_KEY": swift_node.SECRET_KEY,
            "MINIO_STORAGE_BUCKET_NAME": "cassandre-test",
        }


def _for_database(folder: Path, stack: contextlib.ExitStack) -> Path:
    """In memory where there is room: each test empties some fifty tables, and a slow disk made
    that wait for a minute."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < MEMORY_BYTES:
        return folder
    scratch = tempfile.TemporaryDirectory(prefix="cassandre-services-", dir=MEMORY)
    held = Path(stack.enter_context(scratch))
    held.chmod(0o711)
    return held


@contextlib.contextmanager
def services() -> Iterator[dict[str, str]]:
    taken: set[int] = set()
    # Two that start together would find the same ports free, and one of them the other's servers.
    apart = os.getpid() % PORTS_TO_TRY
    port = {name: free_port(first + apart, taken=taken) for name, first in FIRST_PORT.items()}
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="cassandre-services-"))
        folder = Path(scratch)
        folder.chmod(0o711)  # the user postgres must be able to pass through
        # What has no real server here, and what would need one, stays embedded.
        found = {"QDRANT_URL": "", "CELERY_BROKER_URL": "", "CASSANDRE_TEST_NGINX": "1"}
        found |= stack.enter_context(postgres(_for_database(folder, stack), port["postgres"]))
        found |= stack.enter_context(redis(folder, port["redis"]))
        found |= stack.enter_context(s3(folder, port["s3"], taken=taken))
        yield found


def run(command: list[str]) -> int:
    with services() as found:
        sys.stderr.write("services: " + " ".join(f"{k}={v}" for k, v in found.items() if v) + "\n")
        child = subprocess.Popen(command, env=os.environ | found)
        try:
            return child.wait()
        finally:
            if child.poll() is None:
                end(child)


def up() -> int:
    with services() as found:
        for name, value in found.items():
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
        sys.stdout.flush()
        signal.pause()
    return 0


def leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    try:
        match arguments:
            case ["up"]:
                return up()
            case ["run", *command] if command:
                return run(command)
    except Refused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    sys.stderr.write(__doc__ or "")
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
