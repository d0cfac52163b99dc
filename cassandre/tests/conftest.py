from __future__ import annotations

import contextlib
import os
import random
import re
import runpy
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import environ
import pytest

from cassandre.tests.scraping import TOKEN
from common import exposition

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^([A-Z_0-9]+)=(.*)$", re.MULTILINE)

# Below the range that outgoing connections take theirs from.
PORTS = range(20_000, 32_000)


def free_port() -> int:
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no free port")


PARTS_OF_SETTINGS = [
    f"cassandre.{name}_settings"
    for name in ("base", "data", "services", "model", "ingestion", "log", "mail")
]
Boot = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def env_example() -> dict[str, str]:
    return dict(LINE.findall((ROOT / ".env.example").read_text()))


@pytest.fixture
def boot(monkeypatch, env_example) -> Boot:
    """Reads a settings module anew under exactly the given variables; returns its names."""

    def read(module: str = "cassandre.base_settings", **variables: str) -> dict[str, Any]:
        for name in [name for name in os.environ if name.removesuffix("_FILE") in env_example]:
            monkeypatch.delenv(name)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(environ.Env, "read_env", lambda path: None)
        for name in PARTS_OF_SETTINGS:
            monkeypatch.delitem(sys.modules, name, raising=False)
        return runpy.run_module(module)

    return read


@pytest.fixture
def counting(settings: Any) -> Iterator[None]:
    """As where somebody reads /metrics."""
    settings.METRICS_TOKEN = TOKEN
    exposition.start()
    yield
    exposition.stop()
