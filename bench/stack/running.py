"""The parts put together: started in order, watched over, and ended in the opposite order."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.processes import free_port
from bench.scratch import say
from bench.stack import inside, outside
from bench.stack.disks import small_disk
from bench.stack.part import Part

# docker waits a tenth of a second, then twice as long each time; a machine that comes back longer.
RESTART_S = 1.5
LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Wanted:
    people: int = 4
    passages: int = 50
    model: str = "mock-100t-20ms"
    files: str = "s3"  # or "folder", which all processes share
    small_disks: bool = False  # those of files and database, so that they can be filled; needs root
    more: dict[str, str] = field(default_factory=dict)  # environment


@dataclass(frozen=True, slots=True)
class Seeded:
    readers: list[str]  # cookies
    admin: str
    corpus: str


@dataclass(slots=True)
class Stack:
    folder: Path
    address: str  # 127.0.0.1:port, nginx's with TLS
    tls: ssl.SSLContext
    environment: dict[str, str]
    seeded: Seeded
    parts: dict[str, Part]
    restarts: list[tuple[float, str]] = field(default_factory=list)  # when (monotonic), what

    @property
    def url(self) -> str:
        return f"https://{self.address}"

    @property
    def sockets(self) -> str:
        return f"wss://{self.address}/ws/answers/"

    @property
    def database(self) -> str:
        """A conninfo."""
        names = {"host": "DB_HOST", "port": "DB_PORT", "dbname": "DB_NAME", "user": "DB_USER"}
        return " ".join(f"{key}={self.environment[name]}" for key, name in names.items())

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def scratch_folder(*, keep: bool = False) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="cassandre-stack-"))
    folder.chmod(0o711)  # the users of PostgreSQL and nginx must be able to pass through
    try:
        yield folder
    finally:
        if keep:
            say(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def stack(folder: Path, wanted: Wanted) -> Iterator[Stack]:
    port = free_port()
    with ExitStack() as ending:
        if wanted.small_disks:
            for name in ("postgres", "s3", "data/files"):
                ending.enter_context(small_disk(folder / name))
        services, environment = _services(folder, wanted)
        environment |= inside.environment_of(folder, port) | wanted.more
        if wanted.files == "folder":
            environment |= {"MINIO_URL": "", "SHARED_FILES": "true"}
        for part in services:
            ending.callback(part.end)
        _start(services)
        seeded = _seeded(environment, wanted)
        own, found = _own(folder, port, environment)
        for part in own:
            ending.callback(part.end)
        _start(own[:-1])
        _start(own[-1:])  # nginx, when there is something behind it
        parts = {part.name: part for part in (*services, *own)}
        tls = inside.trusting(found)
        running = Stack(folder, f"127.0.0.1:{port}", tls, environment, seeded, parts)
        ending.enter_context(_supervised(running))
        yield running


def _services(folder: Path, wanted: Wanted) -> tuple[list[Part], dict[str, str]]:
    stores, environment = outside.s3(folder) if wanted.files == "s3" else ([], {})
    made = [
        outside.postgres(folder),
        outside.redis(folder),
        outside.qdrant(folder),
        outside.mock_model(folder, wanted.model),
        outside.embedding_server(folder),
    ]
    for _part, its in made:
        environment |= its
    return [*stores, *(part for part, _its in made)], environment


def _own(folder: Path, port: int, environment: dict[str, str]) -> tuple[list[Part], Path]:
    certificate = inside.certificate(folder)
    webs = [inside.web(number, environment, folder) for number in (1, 2)]
    upstream = [own for _web, own in webs]
    workers = [inside.worker(number, environment, folder) for number in (1, 2)]
    nginx = inside.nginx(folder, port, upstream, certificate)
    parts = [*(web for web, _port in webs), *workers, inside.beat(environment, folder), nginx]
    return parts, certificate[0]


def _start(parts: list[Part]) -> None:
    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(Part.start, parts))


def _seeded(environment: dict[str, str], wanted: Wanted) -> Seeded:
    numbers = [str(wanted.people), str(wanted.passages)]
    for command in (["manage.py", "prepare"], ["-m", "bench.stack.seeding", *numbers]):
        done = subprocess.run(
            [sys.executable, *command],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
    return Seeded(**json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def _supervised(running: Stack) -> Iterator[None]:
    over = threading.Event()
    watching = threading.Thread(target=_supervise, args=(running, over), name="supervisor")
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


def _supervise(running: Stack, over: threading.Event) -> None:
    due: dict[str, float] = {}
    while not over.wait(LOOK_S):
        now = time.monotonic()
        for name, part in running.parts.items():
            if not part.wanted or not part.supervised or part.lives:
                due.pop(name, None)
            elif now >= due.setdefault(name, now + RESTART_S):
                say(f"supervisor: {name} has ended and is started again")
                running.restarts.append((now, name))
                part.begin()
                due.pop(name)
