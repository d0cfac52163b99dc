"""The installation of the soak: nginx, two web processes, worker, timer, and what they share."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from bench.processes import free_port, mock_model, running
from scripts import nginx_conf, services

# Nine seconds of text: long enough that a stop, a reload or a crash falls into the middle of it.
TOKENS = 300
MODEL = f"mock-{TOKENS}t-30ms-jitter50-ttft200ms"


class WebProcess:
    """One of the processes behind nginx; it can be killed and started again."""

    def __init__(self, name: str, environment: dict[str, str], folder: Path) -> None:
        self.name = name
        self.port = free_port()
        self.starts = 0
        self._environment = {**environment, "PORT": str(self.port)}
        self._folder = folder
        self._running: AbstractContextManager[psutil.Process] | None = None
        self.process: psutil.Process | None = None

    @property
    def logs(self) -> list[Path]:
        return sorted(self._folder.glob(f"{self.name}.*.log"))

    def start(self) -> None:
        """Blocking: returns once it answers."""
        self.starts += 1
        self._running = running(
            [sys.executable, "-m", "cassandre.serve"],
            environment=self._environment,
            url=f"http://127.0.0.1:{self.port}/healthz",
            log=self._folder / f"{self.name}.{self.starts}.log",
        )
        self.process = self._running.__enter__()

    def kill(self) -> int:
        """SIGKILL; returns the process id."""
        assert self.process is not None
        pid: int = self.process.pid
        self.process.kill()
        self.end()
        return pid

    def end(self) -> None:
        if self._running is not None:
            self._running.__exit__(None, None, None)
        self._running = self.process = None


@dataclass(slots=True)
class Stack:
    url: str  # ws://127.0.0.1:port/ws/answers/, nginx's
    cookies: list[str]
    database: str  # conninfo
    web: list[WebProcess]
    helpers: dict[str, psutil.Process] = field(default_factory=dict)

    def processes(self) -> dict[str, psutil.Process]:
        own = {web.name: web.process for web in self.web if web.process is not None}
        return {**own, **self.helpers}

    async def restart(self, web: WebProcess) -> float:
        """Kill and start again; seconds until the dead process's answers were in a final state."""
        killed_at = time.monotonic()
        pid = web.kill()
        starting = asyncio.create_task(asyncio.to_thread(web.start))
        while await self._writing(pid):  # noqa: ASYNC110 (a database tells nobody)
            await asyncio.sleep(0.25)
        marked_after = time.monotonic() - killed_at
        await starting
        return marked_after

    async def _writing(self, pid: int) -> int:
        """How many answers the process `pid` writes, as far as the database knows."""
        query = "select count(*) from chat_message where status = 'streaming' and owner like %s"
        connection = await psycopg.AsyncConnection.connect(self.database)
        async with connection:
            row = await (await connection.execute(query, [f"%:{pid}:%"])).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def stack(folder: Path, people: int) -> Iterator[Stack]:
    with ExitStack() as parts:
        taken: set[int] = set()
        ports = {
            name: services.free_port(services.FIRST_PORT[name], taken=taken)
            for name in ("postgres", "redis")
        }
        environment = environment_of(folder)
        environment |= parts.enter_context(services.postgres(folder, ports["postgres"]))
        environment |= parts.enter_context(services.redis(folder, ports["redis"]))
        redis = environment["CHANNEL_REDIS"]
        environment["CELERY_BROKER_URL"] = redis.removesuffix("/0") + "/1"
        environment["OPENAI_BASE_URL"] = parts.enter_context(mock_model(folder))
        environment["QDRANT_URL"] = parts.enter_context(qdrant(folder))
        cookies = seed(environment, people)
        helpers = {
            name: parts.enter_context(_celery(name, environment, folder))
            for name in ("worker", "beat")
        }
        web = [WebProcess(f"web-{number}", environment, folder) for number in (1, 2)]
        for one in web:
            parts.callback(one.end)
            one.start()
        port, helpers["nginx"] = parts.enter_context(_nginx(folder, web))
        yield Stack(
            url=f"ws://127.0.0.1:{port}/ws/answers/",
            cookies=cookies,
            database=f"host=127.0.0.1 port={ports['postgres']} dbname=postgres user=cassandre",
            web=web,
            helpers=helpers,
        )


def environment_of(folder: Path) -> dict[str, str]:
    return {
        "MINIO_URL": "",
        "EMBEDDING_MODEL": "",
        "SHARED_FILES": "true",
        "CASSANDRE_DATA": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": "cassandre.prod_settings",
        "SECRET_KEY": "a-secret-for-the-length-of-one-soak-test",
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "HOST": "127.0.0.1",
        "OPENAI_API_KEY": "mock",
        "OPENAI_MODEL": MODEL,
        "LOG_LEVEL": "WARNING",
    }


def seed(environment: dict[str, str], people: int) -> list[str]:
    seeded = subprocess.run(
        [sys.executable, "-m", "bench.seed", str(people)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if seeded.returncode:
        raise RuntimeError(seeded.stderr[-2000:])
    cookies: list[str] = json.loads(seeded.stdout)
    return cookies


@contextmanager
def qdrant(folder: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "bench.qdrant_stand_in", "--port", str(port)]
    with running(command, environment={}, url=f"{url}/readyz", log=folder / "qdrant.log"):
        yield url


@contextmanager
def _celery(name: str, environment: dict[str, str], folder: Path) -> Iterator[psutil.Process]:
    options = {
        "worker": ["--pool", "threads", "--concurrency", "1", "--loglevel", "WARNING"],
        "beat": ["--schedule", str(folder / "beat"), "--loglevel", "WARNING"],
    }
    command = [sys.executable, "-m", "celery", "-A", "cassandre", name, *options[name]]
    # It answers nowhere: its broker does, and the answers that are swept say that it works.
    broker = environment["CELERY_BROKER_URL"].replace("redis:", "tcp:")
    log = folder / f"{name}.log"
    with running(command, environment=environment, url=broker, log=log) as process:
        yield process


@contextmanager
def _nginx(folder: Path, web: list[WebProcess]) -> Iterator[tuple[int, psutil.Process]]:
    """The production configuration, on plain HTTP: its server with TLS, without the TLS."""
    state = folder / "nginx"
    state.mkdir()
    state.chmod(0o777)  # nginx's workers have a user of their own
    port = free_port()
    values = {
        "NGINX_STATE": str(state),
        "NGINX_SERVER_NAME": "127.0.0.1",
        "NGINX_UPSTREAM": "; server ".join(f"127.0.0.1:{one.port}" for one in web),
        "NGINX_HTTP_LISTEN": f"127.0.0.1:{free_port()}",
        "NGINX_HTTPS_LISTEN": f"127.0.0.1:{port}",
        "NGINX_MAX_UPLOAD_MB": "1",
    }
    text = nginx_conf.rendered(
        values | {"NGINX_CERTIFICATE": "", "NGINX_CERTIFICATE_KEY": ""}
    ).replace(" ssl http2;", ";")
    text = re.sub(r"^ *ssl_.*\n", "", text, flags=re.MULTILINE)
    (state / "nginx.conf").write_text(text)
    program = services.program("nginx", package="nginx")
    command = [program, "-e", "stderr", "-p", str(state), "-c", str(state / "nginx.conf")]
    command += ["-g", "daemon off;"]
    url = f"http://127.0.0.1:{port}/healthz"
    with running(command, environment={}, url=url, log=folder / "nginx.log") as process:
        yield port, process
