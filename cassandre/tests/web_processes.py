"""Real web processes for tests: started as in production, killed or ended as the test wants."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.client import Client, Reading
from bench.soak.stack import WebProcess, environment_of

EMBEDDED = dict.fromkeys(
    ("DB_HOST", "QDRANT_URL", "CHANNEL_REDIS", "CELERY_BROKER_URL", "PARADIGM_HOST"), ""
)


def environment(folder: Path, *, model_url: str, model: str) -> dict[str, str]:
    """Of an embedded installation with a mock model; add what should not be embedded."""
    own = {"OPENAI_BASE_URL": model_url, "OPENAI_MODEL": model}
    return {**environment_of(folder), **EMBEDDED, **own}


@contextlib.contextmanager
def started(*web: WebProcess) -> Iterator[None]:
    """All of them at once; what still runs at the end is ended."""
    with contextlib.ExitStack() as stack:
        for one in web:
            stack.callback(one.end)
        with ThreadPoolExecutor(len(web)) as pool:
            list(pool.map(WebProcess.start, web))
        yield


def logs_of(web: WebProcess) -> str:
    return "".join(log.read_text(errors="replace") for log in web.logs)


class Tab(Client):
    """A page of somebody's browser on one web process."""

    def __init__(self, web: WebProcess, cookie: str) -> None:
        super().__init__(f"ws://127.0.0.1:{web.port}/ws/answers/", cookie=cookie)
        self.changes: list[dict[str, Any]] = []  # what other tabs did

    def _take(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "conversation":
            self.changes.append(frame)
        super()._take(frame)

    def is_open(self) -> bool:
        return self._socket is not None


def tokens_of(reading: Reading) -> int:
    return reading.text.count(" ")
