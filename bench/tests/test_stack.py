"""Who is started again, and who is not."""

from __future__ import annotations

import sys
import threading
import time
from types import SimpleNamespace

import pytest

from bench.stack import running
from bench.stack.part import Part

PATIENCE_S = 20
WAITING = "import sys, time; print('up', flush=True); time.sleep(600)"


@pytest.fixture
def part(tmp_path):
    def is_ready() -> bool:
        return made.log.exists() and b"up" in made.log.read_bytes()

    made = Part("waiting", [sys.executable, "-c", WAITING], is_ready, tmp_path)
    yield made
    made.end()


@pytest.fixture
def watched(part, monkeypatch):
    monkeypatch.setattr(running, "RESTART_S", 0)
    stack = SimpleNamespace(parts={part.name: part}, restarts=[])
    over = threading.Event()
    watching = threading.Thread(target=running._supervise, args=(stack, over))
    watching.start()
    yield stack
    over.set()
    watching.join()


def eventually(condition) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_killed_is_started_again(part, watched):
    part.start()
    part.kill()

    eventually(lambda: part.starts == 2 and part.lives)

    assert [name for _at, name in watched.restarts] == ["waiting"]


def test_what_is_ended_stays_so_until_it_is_begun(part, watched):
    part.start()
    part.end()
    assert not part.lives
    part.begin()

    eventually(lambda: part.lives)

    assert (part.starts, watched.restarts) == (2, [])


def test_a_part_that_ends_at_once_tells_what_it_said(tmp_path):
    ended = Part("ended", [sys.executable, "-c", "print('no disk')"], lambda: False, tmp_path)

    with pytest.raises(RuntimeError, match="ended did not start:\nno disk"):
        ended.start()
