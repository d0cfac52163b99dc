"""How fast and how cheaply answers stream, beside a bare proxy on the same mock model.

    python -m bench.streaming [--streams N] [--gap-ms M] [--mode embedded|redis]
                              [--server uvicorn|daphne] [--json]

Starts a mock model, a bare proxy and Cassandre in a scratch folder on free ports, asks N
questions at a time over real websockets, and prints each figure with its ratio to the proxy.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.processes import cpu_seconds, free_port, mock_model, redis_server, rss_mib, running
from bench.scratch import say
from bench.streaming_client import Load, figures_of, run_load

TOKENS = 200
MODEL_TTFT_MS = 20


@dataclass(frozen=True, slots=True)
class Setup:
    streams: int
    gap_ms: int
    mode: str
    server: str

    @property
    def model(self) -> str:
        return f"mock-{TOKENS}t-{self.gap_ms}ms-ttft{MODEL_TTFT_MS}ms"


def main() -> int:
    parser = argparse.ArgumentParser(description="streaming benchmark")
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--gap-ms", type=int, default=20, help="between two tokens; 0: flat out")
    parser.add_argument("--mode", choices=["embedded", "redis"], default="embedded")
    parser.add_argument("--server", choices=["uvicorn", "daphne"], default="uvicorn")
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    arguments = parser.parse_args()
    setup = Setup(arguments.streams, arguments.gap_ms, arguments.mode, arguments.server)
    folder = Path(tempfile.mkdtemp(prefix="cassandre-bench-"))
    try:
        with mock_model(folder) as model_url:
            bare = measure_bare(setup, folder, model_url)
            ours = measure_cassandre(setup, folder, model_url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_table(ours, bare)
    if arguments.json:
        print(json.dumps({**ours, "bare": bare}))
    return 0


def measure_bare(setup: Setup, folder: Path, model_url: str) -> dict[str, float]:
    port = free_port()
    command = [sys.executable, "-m", "bench.bare_proxy", "--port", str(port)]
    command += ["--model-url", model_url, "--model", setup.model]
    url = f"tcp://127.0.0.1:{port}"
    with running(command, environment={}, url=url, log=folder / "bare.log") as process:
        return measure(setup, process, port, cookies=[])


def measure_cassandre(setup: Setup, folder: Path, model_url: str) -> dict[str, float]:
    with cassandre(setup, folder, model_url) as (process, port, cookies):
        return measure(setup, process, port, cookies=cookies)


@contextmanager
def cassandre(
    setup: Setup, folder: Path, model_url: str
) -> Iterator[tuple[psutil.Process, int, list[str]]]:
    """A seeded Cassandre: its process, its port, and a session cookie per stream."""
    port = free_port()
    with ExitStack() as stack:
        redis = stack.enter_context(redis_server(folder)) if setup.mode == "redis" else ""
        environment = environment_of(setup, folder, model_url, port, redis)
        seeded = subprocess.run(
            [sys.executable, "-m", "bench.seed", str(setup.streams)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        if seeded.returncode:
            raise RuntimeError(seeded.stderr[-2000:])
        command = [sys.executable, "-m", "cassandre.serve"]
        if setup.server == "daphne":
            command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port)]
            command += ["--verbosity", "0", "cassandre.asgi:application"]
        process = stack.enter_context(
            running(
                command,
                environment=environment,
                url=f"http://127.0.0.1:{port}/healthz",
                log=folder / "cassandre.log",
            )
        )
        yield process, port, json.loads(seeded.stdout)


def environment_of(
    setup: Setup, folder: Path, model_url: str, port: int, redis: str
) -> dict[str, str]:
    empty = dict.fromkeys(
        ("DB_HOST", "QDRANT_URL", "MINIO_URL", "CELERY_BROKER_URL", "EMBEDDING_MODEL"), ""
    )
    return {
        **empty,
        "CASSANDRE_DATA": str(folder / "data"),
        "CHANNEL_REDIS": redis,
        "DJANGO_SETTINGS_MODULE": "cassandre.prod_settings",
        "SECRET_KEY": "a-secret-for-the-length-of-one-benchmark",
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "OPENAI_API_KEY": "mock",
        "OPENAI_BASE_URL": model_url,
        "OPENAI_MODEL": setup.model,
        "LOG_LEVEL": "WARNING",
    }


def measure(
    setup: Setup, process: psutil.Process, port: int, *, cookies: list[str]
) -> dict[str, float]:
    """One round to warm up, one that counts."""
    load = Load(
        url=f"ws://127.0.0.1:{port}/ws/answers/",
        streams=setup.streams,
        tokens=TOKENS,
        gap_ms=setup.gap_ms,
        model_ttft_ms=MODEL_TTFT_MS,
        cookies=cookies,
    )
    say(f"{process.name()} on {port}: {setup.streams} streams of {TOKENS} tokens, twice")
    asyncio.run(run_load(load))
    before = cpu_seconds(process)
    streams = asyncio.run(run_load(load))
    spent = cpu_seconds(process) - before
    figures = figures_of(streams, load)
    figures["cpu_s_per_1k_tokens"] = round(spent / max(1, figures["tokens"]) * 1000, 4)
    figures["rss_mib"] = round(rss_mib(process), 1)
    return figures


def print_table(ours: dict[str, Any], bare: dict[str, Any]) -> None:
    print(f"{'':26}{'cassandre':>12}{'bare proxy':>12}{'ratio':>8}")
    for name, value in ours.items():
        floor = bare[name]
        ratio = f"{value / floor:8.2f}" if floor else ""
        print(f"{name:26}{value:>12}{floor:>12}{ratio}")


if __name__ == "__main__":
    sys.exit(main())
