"""Slots are shared by threads and forked processes, and come back from a killed one."""

from __future__ import annotations

import subprocess
import sys
import threading

from documents.slots import Slots

# In an interpreter of its own: forking this one would fork the test suite.
FORKED = """
import os, signal
from documents.slots import Slots

slots = Slots(2)
ready, tell = os.pipe()
child = os.fork()
if not child:
    with slots.one() as taken:
        os.write(tell, b"1" if taken else b"0")
        signal.pause()
assert os.read(ready, 1) == b"1"
with slots.one() as second, slots.one() as third:
    print(second, third)
os.kill(child, signal.SIGKILL)
os.waitpid(child, 0)
with slots.one() as first, slots.one() as second, slots.one() as third:
    print(first, second, third)
"""


def test_threads_share_them_and_each_comes_back():
    slots = Slots(1)
    found = []

    def take() -> None:
        with slots.one() as taken:
            found.append(taken)

    with slots.one() as mine:
        assert mine
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
    take()
    assert found == [False, True]


def test_forked_processes_share_them_and_a_killed_one_gives_its_own_back():
    done = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == ["True False", "True True False"], done.stderr
