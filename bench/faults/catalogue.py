"""The faults: what is done to the stack, and what undoes it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.stack import Stack
from bench.stack.disks import empty, fill

OUTAGE_S = 30.0
SLOW_S = 25.0  # longer than the slow model's first token takes
SHORT_S = 12.0
SWIFT = ("s3-account", "s3-container", "s3-object", "s3-proxy")

Deed = Callable[[Stack], None]


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    what: str  # for the table
    begin: Deed
    end: Deed
    seconds: float
    files: str = "s3"


def _nothing(_stack: Stack) -> None:
    """The supervisor undoes it."""


def _killed(part: str) -> Deed:
    return lambda stack: stack.parts[part].kill()


def _stopped(*parts: str) -> Deed:
    def stop(stack: Stack) -> None:
        for name in parts:
            stack.parts[name].end()

    return stop


def _started(*parts: str) -> Deed:
    def start(stack: Stack) -> None:
        for name in parts:
            stack.parts[name].begin()
        for name in parts:
            stack.parts[name].wait()

    return start


def _frozen(part: str) -> Deed:
    return lambda stack: stack.parts[part].freeze()


def _thawed(part: str) -> Deed:
    return lambda stack: stack.parts[part].thaw()


def _like(server: str, options: str) -> Deed:
    """The mock of that name from now on does as its options say (bench/mock_model)."""

    def change(stack: Stack) -> None:
        variable = {"model": "OPENAI_BASE_URL", "embedding": "EMBEDDING_BASE_URL"}[server]
        url = stack.environment[variable].removesuffix("/v1")
        body = json.dumps({"options": options}).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(f"{url}/also", body, timeout=10).close()

    return change


def _filled(place: str) -> Deed:
    return lambda stack: fill(stack.folder / place)


def _emptied(place: str) -> Deed:
    return lambda stack: empty(stack.folder / place)


def faults() -> Iterator[Fault]:
    own = ("web-1", "web-2", "worker-1", "worker-2", "beat", "nginx")
    for part in (*own, "qdrant", "redis", "postgres"):
        yield Fault(f"kill-{part}", f"kill -9 {part}", _killed(part), _nothing, 0)
    yield from _outages()
    yield from _models()
    yield from _embedding()
    yield from _disks()


def _outages() -> Iterator[Fault]:
    parts = {"redis": ("redis",), "postgres": ("postgres",), "s3": SWIFT, "qdrant": ("qdrant",)}
    for name, its in parts.items():
        what = f"{name} stopped for {OUTAGE_S:.0f} s"
        yield Fault(f"stop-{name}", what, _stopped(*its), _started(*its), OUTAGE_S)
    what = f"postgres silent for {SHORT_S:.0f} s (SIGSTOP)"
    yield Fault("freeze-postgres", what, _frozen("postgres"), _thawed("postgres"), SHORT_S)


def _models() -> Iterator[Fault]:
    for name, options, what in (
        ("slow", "ttft20000ms-100ms", "first token after 20 s, then one each 100 ms"),
        ("500", "500", "answers 500"),
        ("garbage", "html", "answers a page of HTML"),
        ("401", "401", "refuses the key"),
        ("cut", "drop20", "cuts the connection in mid-answer"),
        ("hangs", "hang", "takes the request and is silent"),
    ):
        begin, end = _like("model", options), _like("model", "")
        seconds = SLOW_S if name in {"slow", "hangs"} else SHORT_S
        yield Fault(f"model-{name}", f"model {what}", begin, end, seconds)
    begin, end = _stopped("model"), _started("model")
    yield Fault("model-absent", "model: port closed", begin, end, SHORT_S)


def _embedding() -> Iterator[Fault]:
    for name, options, what in (
        ("slow", "5000ms", "takes 5 s a call"),
        ("500", "500", "answers 500"),
        ("garbage", "html", "answers a page of HTML"),
    ):
        begin, end = _like("embedding", options), _like("embedding", "")
        yield Fault(f"embedding-{name}", f"embedding server {what}", begin, end, SHORT_S)
    begin, end = _stopped("embedding"), _started("embedding")
    yield Fault("embedding-absent", "embedding server: port closed", begin, end, SHORT_S)


def _disks() -> Iterator[Fault]:
    for name, place, files in (
        ("s3", "s3", "s3"),
        ("database", "postgres", "s3"),
        ("folder", "data/files", "folder"),
    ):
        begin, end = _filled(place), _emptied(place)
        what = f"disk of the {name} full for {SHORT_S:.0f} s"
        yield Fault(f"full-{name}", what, begin, end, SHORT_S, files)
