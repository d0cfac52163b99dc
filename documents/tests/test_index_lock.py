"""The lock that keeps a second process away from the embedded index."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from documents.adapters.index_lock import IndexLock
from documents.errors import IndexLocked

ROOT = Path(__file__).parents[2]

# Holds the lock, with a child of its own that outlives it (as an extraction may), and says so.
HOLD = """
import subprocess, sys, time
from pathlib import Path
from documents.adapters.index_lock import IndexLock

lock = IndexLock(Path(sys.argv[1]))
lock.acquire()
sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds={close})
print(sleeper.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture(params=[True, False], ids=["close_fds", "only close-on-exec"])
def holder(request, tmp_path):
    """A process that holds the lock, and the id of its child."""
    code = HOLD.format(close=request.param)
    command = [sys.executable, "-c", code, str(tmp_path / "index")]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    grandchild = int(child.stdout.readline())
    yield child, grandchild
    child.kill()
    child.wait()
    os.kill(grandchild, signal.SIGKILL)
    child.stdout.close()


def test_a_second_process_is_refused_and_told_who_holds_it(holder, tmp_path):
    child, _grandchild = holder
    with pytest.raises(IndexLocked) as raised:
        IndexLock(tmp_path / "index").acquire()
    assert raised.value.params == {"pid": child.pid}
    assert str(child.pid) in raised.value.cause
    assert not (tmp_path / "index").exists()


def test_kill_nine_frees_it_though_a_grandchild_lives_on(holder, tmp_path):
    child, grandchild = holder
    child.kill()
    child.wait()
    os.kill(grandchild, 0)  # raises where it is gone
    with IndexLock(tmp_path / "index") as lock:
        assert lock.held


def test_a_second_lock_in_the_same_process_is_refused_and_does_no_harm(tmp_path):
    with IndexLock(tmp_path / "index") as first:
        second = IndexLock(tmp_path / "index")
        with pytest.raises(IndexLocked):
            second.acquire()
        second.release()
        assert first.held
        assert not second.held
        with pytest.raises(IndexLocked):
            second.acquire()
    second.acquire()
    second.release()


def test_taking_it_twice_is_once_and_it_can_be_taken_anew(tmp_path):
    lock = IndexLock(tmp_path / "new" / "index")
    lock.acquire()
    lock.acquire()
    lock.release()
    lock.release()
    assert not lock.held
    lock.acquire()
    assert (tmp_path / "new" / "index.lock").read_text(encoding="ascii") == f"{os.getpid()}\n"
    lock.release()
