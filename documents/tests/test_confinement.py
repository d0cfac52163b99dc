"""What the child process gives up, tried in real processes."""

from __future__ import annotations

import subprocess
import sys

import pytest


def confined(code: str) -> str:
    prelude = "from documents.adapters.confinement import *; closed = close_network()\n"
    done = subprocess.run(
        [sys.executable, "-c", prelude + code], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
def test_the_child_can_neither_open_sockets_nor_run_programs():
    output = confined("""if True:
        import os, socket
        def outcome(do, *args):
            try:
                do(*args)
            except PermissionError:
                return "refused"
            return "allowed"
        print(
            closed,
            outcome(socket.socket, socket.AF_INET6, socket.SOCK_DGRAM),
            outcome(socket.socket, socket.AF_UNIX),
            outcome(os.execv, "/bin/true", ["true"]),
            outcome(open, "/dev/null"),
        )""")
    assert output == "True refused refused refused allowed"


def test_resources_are_bounded():
    output = confined("""if True:
        import resource
        limit_resources(memory_bytes=500_000_000, cpu_seconds=7)
        kinds = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)
        print([resource.getrlimit(kind) for kind in kinds])""")
    assert output == "[(500000000, 500000000), (7, 7), (0, 0)]"


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_lack_of_memory_is_told_by_the_peak():
    output = confined("""if True:
        peak = next(int(line.split()[1]) for line in open("/proc/self/status") if "VmPeak" in line)
        limit_resources(memory_bytes=peak * 1024 * 3, cpu_seconds=7)
        print(memory_ran_short())
        limit_resources(memory_bytes=peak * 1100, cpu_seconds=7)
        print(memory_ran_short())""")
    assert output == "False\nTrue"


def test_a_silent_process_ends_when_nobody_waits_for_it_any_more():
    code = "from documents.adapters.confinement import *; exit_with_parent()"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{code}; import time; time.sleep(600)"], stdin=subprocess.PIPE
    )
    process.communicate(timeout=20)
    assert process.returncode == 0
