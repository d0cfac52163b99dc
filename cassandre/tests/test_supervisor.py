"""Processes that are looked after: small real ones."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from scripts import supervisor
from scripts.supervisor import Part, Supervisor, board_of

ROOT = Path(__file__).resolve().parents[2]
LONGEST_S = 30.0
GOES_ON = [sys.executable, "-c", "import time; time.sleep(600)"]
ENDS = [sys.executable, "-c", "raise SystemExit(3)"]
# A supervisor of one, in a process that can be killed.
SUPERVISED = f"""
import sys, pathlib
from scripts.supervisor import Part, Supervisor
Supervisor([Part("one", {GOES_ON!r})], pathlib.Path(sys.argv[1])).run()
"""


class Told(Exception):
    """As a signal ends the loop."""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Looks after parts until a condition holds; then ends them."""
    monkeypatch.setattr(supervisor, "LOOK_S", 0.02)

    def run(*parts: Part, until) -> Path:
        board = tmp_path / "processes.json"
        looking = Supervisor(parts, board)
        deadline = time.monotonic() + LONGEST_S
        look = Part.look

        def looked(part: Part) -> bool:
            changed = look(part)
            if until():
                raise Told
            assert time.monotonic() < deadline
            return changed

        monkeypatch.setattr(Part, "look", looked)
        try:
            with pytest.raises(Told):
                looking.run()
        finally:
            looking.end(LONGEST_S)
        return board

    return run


def test_one_that_dies_is_started_again_and_the_others_go_on(run, capsys):
    one, other = Part("one", GOES_ON, wait_s=0.01), Part("other", GOES_ON)
    seen = []

    def until() -> bool:
        if one.process is not None and one.process.pid not in seen:
            seen.append(one.process.pid)
            if len(seen) < 3:
                one.process.kill()
        return len(seen) == 3

    board = run(one, other, until=until)
    assert (one.restarts, other.restarts) == (2, 0)
    assert "one ended with status -9 and is started again" in capsys.readouterr().err
    assert all(part.process.poll() is not None for part in (one, other))
    assert not board.exists()


def test_one_that_cannot_start_is_waited_for_longer_and_longer(run, monkeypatch):
    monkeypatch.setattr(supervisor, "LONGEST_WAIT_S", 0.08)
    part = Part("one", ENDS, wait_s=0.01)
    waits = [part.wait_s]

    def until() -> bool:
        if part.wait_s not in waits:
            waits.append(part.wait_s)
        return part.restarts == 4

    run(part, until=until)
    assert waits == [0.01, 0.02, 0.04, 0.08]


def test_one_that_had_gone_on_for_long_is_started_again_at_once(run, monkeypatch):
    monkeypatch.setattr(supervisor, "STEADY_S", 0.0)
    monkeypatch.setattr(supervisor, "FIRST_WAIT_S", 0.01)
    part = Part("one", ENDS, wait_s=16.0)
    run(part, until=lambda: part.restarts == 1)
    assert part.wait_s == 0.02


def test_the_board_names_each_with_its_process_and_restarts(tmp_path):
    path = tmp_path / "processes.json"
    path.write_text(
        '[{"name": "web-1", "pid": 12, "since": 0, "restarts": 0},'
        ' {"name": "beat", "pid": null, "since": 0, "restarts": 3}]'
    )
    first, second = (line.split() for line in board_of(path).splitlines()[1:])
    assert (first[:2], first[-1]) == (["web-1", "12"], "0")
    assert (second[:2], second[-1]) == (["beat", "waits"], "3")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux ends them")
def test_a_killed_supervisor_leaves_no_process_behind(tmp_path):
    command = [sys.executable, "-c", SUPERVISED, str(tmp_path / "board")]
    process = subprocess.Popen(command, cwd=ROOT)
    children: list[psutil.Process] = []
    while not children:
        children = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGKILL)
    process.wait()
    _gone, alive = psutil.wait_procs(children, timeout=LONGEST_S)
    assert alive == []
