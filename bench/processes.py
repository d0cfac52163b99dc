"""The processes of a streaming benchmark, on free ports below 32768, ended with it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

# Above 32768 the system hands out ports for outgoing connections; these stay ours.
FIRST_PORT, LAST_PORT = 20_000, 32_000
START_S = 60.0
END_S = 40.0


def free_port() -> int:
    """A port below 32768 that nobody listens on now."""
    for port in range(FIRST_PORT + os.getpid() % 5_000, LAST_PORT):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in _given:
                _given.add(port)
                return port
    raise RuntimeError(f"no free port between {FIRST_PORT} and {LAST_PORT}")


_given: set[int] = set()


@contextmanager
def running(
    command: list[str], *, environment: dict[str, str], url: str, log: Path
) -> Iterator[psutil.Process]:
    """A process that answers at `url`; its output goes to `log`. Ends it at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=output, stderr=output
        )
        try:
            _wait_for(url, process, log)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    host, port = url.split("//")[1].split("/")[0].split(":")
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended: {log.read_text(errors='replace')[-2000:]}")
        try:
            with socket.create_connection((host, int(port)), timeout=1):
                pass
            if url.startswith("http"):
                urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing answers at {url}: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def mock_model(folder: Path) -> Iterator[str]:
    """The base URL of a mock model in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "bench.mock_model", "--port", str(port), "--no-keep"]
    url = f"http://127.0.0.1:{port}"
    with running(command, environment={}, url=f"{url}/health", log=folder / "mock.log"):
        yield f"{url}/v1"


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The URL of a Redis server without persistence."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)]
    url = f"redis://127.0.0.1:{port}"
    with running(command, environment={}, url=url, log=folder / "redis.log"):
        yield url


def cpu_seconds(process: psutil.Process) -> float:
    """User and system time of a process and its children."""
    return sum(sum(one.cpu_times()[:2]) for one in tree(process))


def rss_mib(process: psutil.Process) -> float:
    """Of a process and its children; what they share counts for each."""
    return sum(float(one.memory_info().rss) for one in tree(process)) / 2**20


def tree(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]
