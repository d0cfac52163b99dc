"""What is measured: the bare proxy and Cassandre, each a process of its own on a free port."""

from __future__ import annotations

import json
import math
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvloop

from bench.processes import cpu_seconds, free_port, redis_server, rss_mib, running
from bench.scratch import say
from bench.seed import questions_of
from bench.streaming_client import Load, error_of, figures_of, run_load

TOKENS = 200
MODEL_TTFT_MS = 20
# Where few ask at a time, several rounds are counted: one answer says nothing about a p99.
ANSWERS_AT_LEAST = 10
FILES_WANTED = 16_384
# Somebody who asks ten times in a minute is a benchmark: no limit of one person may end it.
_UNLIMITED = {
    "QUESTIONS_PER_MINUTE": "1000000",
    "CONCURRENT_ANSWERS": "1000000",
    "SOCKETS_PER_USER": "1000000",
}
_UNSET = ("DB_HOST", "QDRANT_URL", "MINIO_URL", "CELERY_BROKER_URL", "EMBEDDING_MODEL")


@dataclass(frozen=True, slots=True)
class Setup:
    """A Cassandre to measure. Its model has one gap between tokens for all its life."""

    gap_ms: int = 20
    mode: str = "embedded"
    server: str = "uvicorn"
    passages: int = 1


@dataclass(frozen=True, slots=True)
class Target:
    process: psutil.Process
    port: int
    gap_ms: int
    cookies: tuple[str, ...] = ()
    questions: tuple[str, ...] = questions_of(1)


@dataclass(frozen=True, slots=True)
class Seeded:
    """A prepared data folder, to be copied for each server that is measured."""

    data: Path
    cookies: tuple[str, ...]
    passages: int


class Failed(Exception):
    """A measurement that came to no figures; says why."""


def model_of(gap_ms: int) -> str:
    return f"mock-{TOKENS}t-{gap_ms}ms-ttft{MODEL_TTFT_MS}ms-ts"


def raise_file_limit() -> None:
    """As far as the system lets this process and its children have file descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(FILES_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def bare_proxy(gap_ms: int, folder: Path, model_url: str) -> Iterator[Target]:
    port = free_port()
    command = [sys.executable, "-m", "bench.bare_proxy", "--port", str(port)]
    command += ["--model-url", model_url, "--model", model_of(gap_ms)]
    url = f"tcp://127.0.0.1:{port}"
    with running(command, environment={}, url=url, log=folder / "bare.log") as process:
        yield Target(process, port, gap_ms)


def seed(folder: Path, *, people: int, passages: int) -> Seeded:
    """Raises Failed with the end of what it said."""
    say(f"seeding {people} people and {passages} passages")
    data = folder / "seeded"
    seeded = subprocess.run(
        [sys.executable, "-m", "bench.seed", str(people), str(passages)],
        env={**os.environ, **_environment(Setup(), data, model_url="", port=0)},
        capture_output=True,
        text=True,
        check=False,
    )
    if seeded.returncode:
        raise Failed(seeded.stderr[-2000:])
    return Seeded(data, tuple(json.loads(seeded.stdout)), passages)


@contextmanager
def cassandre(setup: Setup, seeded: Seeded, folder: Path, model_url: str) -> Iterator[Target]:
    port = free_port()
    data = folder / f"{setup.mode}-{setup.server}-{setup.gap_ms}"
    shutil.copytree(seeded.data, data)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, data, ignore_errors=True)
        redis = stack.enter_context(redis_server(folder)) if setup.mode == "redis" else ""
        environment = _environment(setup, data, model_url=model_url, port=port, redis=redis)
        process = stack.enter_context(
            running(
                _command(setup.server, port),
                environment=environment,
                url=f"http://127.0.0.1:{port}/healthz",
                log=folder / "cassandre.log",
            )
        )
        questions = questions_of(setup.passages)
        yield Target(process, port, setup.gap_ms, seeded.cookies, questions)


def _command(server: str, port: int) -> list[str]:
    if server == "daphne":
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port)]
        return [*command, "--verbosity", "0", "cassandre.asgi:application"]
    return [sys.executable, "-m", "cassandre.serve"]


def _environment(
    setup: Setup, data: Path, *, model_url: str, port: int, redis: str = ""
) -> dict[str, str]:
    return {
        **dict.fromkeys(_UNSET, ""),
        **_UNLIMITED,
        "CASSANDRE_DATA": str(data),
        "CHANNEL_REDIS": redis,
        "DJANGO_SETTINGS_MODULE": "cassandre.prod_settings",
        "SECRET_KEY": "a-secret-for-the-length-of-one-benchmark",
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "false",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "OPENAI_API_KEY": "mock",
        "OPENAI_BASE_URL": model_url,
        "OPENAI_MODEL": model_of(setup.gap_ms),
        "LOG_LEVEL": "WARNING",
    }


def measure(target: Target, streams: int) -> dict[str, float]:
    """One round to warm up, then those that count. Raises Failed where nothing was answered."""
    load = Load(
        url=f"ws://127.0.0.1:{target.port}/ws/answers/",
        streams=streams,
        tokens=TOKENS,
        gap_ms=target.gap_ms,
        model_ttft_ms=MODEL_TTFT_MS,
        questions=target.questions,
        cookies=target.cookies,
    )
    counted = math.ceil(ANSWERS_AT_LEAST / streams)

    def cpu() -> float:
        return cpu_seconds(target.process)

    rounds = [uvloop.run(run_load(load, cpu, number)) for number in range(1 + counted)]
    figures = figures_of(rounds[1:], load)
    if not figures["tokens"]:
        raise Failed(error_of(rounds) or "no tokens")
    if why := error_of(rounds):
        say(f"errors: {why}")
    figures["rss_mib"] = round(rss_mib(target.process), 1)
    return figures
