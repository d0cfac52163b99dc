"""What probes are told of a worker, with and without its broker."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cassandre.celery import app
from cassandre.marking import MarkedScheduler, MarkedWorker
from common import alive

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(alive.tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def broker(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"redis://127.0.0.1:{listening.getsockname()[1]}/1"
        monkeypatch.setenv("CELERY_BROKER_URL", url)
        yield listening


def aged(folder: Path, seconds: float) -> None:
    (path,) = folder.glob("cassandre-alive-*/worker-*")
    moment = path.stat().st_mtime - seconds
    os.utime(path, (moment, moment))


def test_a_worker_that_comes_round_is_alive_and_one_that_is_not_there_is_not(folder, broker):
    assert alive.complaint("worker") == "no worker runs here"
    alive.mark("worker")
    assert alive.complaint("worker") == ""
    assert alive.complaint("beat") == "no beat runs here"
    alive.unmark("worker")
    assert alive.complaint("worker") == "no worker runs here"


def test_one_that_hangs_is_not_alive_unless_it_waits_for_its_broker(folder, broker):
    alive.mark("worker")
    aged(folder, alive.STALE_S + 1)
    assert "has not come round" in alive.complaint("worker")
    broker.close()
    assert alive.complaint("worker") == ""


def test_the_mark_of_a_killed_one_does_not_count(folder, broker):
    alive.mark("worker")
    (path,) = folder.glob("cassandre-alive-*/worker-*")
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        text=True,
        check=True,
    )
    path.rename(path.with_name(f"worker-{ended.stdout.strip()}"))
    assert alive.complaint("worker") == "no worker runs here"


def test_the_command_loads_neither_django_nor_celery(tmp_path):
    code = (
        "import sys; from common.alive import main; code = main(['worker']); "
        "print(code, [name for name in ('django', 'celery') if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"TMPDIR": str(tmp_path)},
        check=True,
    )
    assert said.stdout.strip() == "1 []"


def test_worker_and_beat_say_so_from_their_loops(folder, broker):
    class Timer:
        called = ()

        def call_repeatedly(self, seconds, call, arguments):
            self.called = (seconds, call, arguments)

    class Worker:
        timer = Timer()

    MarkedWorker(Worker()).start(Worker)
    assert Worker.timer.called == (alive.MARK_S, alive.mark, ("worker",))
    assert alive.complaint("worker") == ""
    scheduler = MarkedScheduler(app, lazy=True)
    scheduler.tick()
    assert alive.complaint("beat") == ""
    scheduler.close()
    assert alive.complaint("beat") == "no beat runs here"
    assert app.conf.beat_scheduler == "cassandre.marking:MarkedScheduler"
