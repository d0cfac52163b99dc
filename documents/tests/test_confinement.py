"""What the child process gives up, tried in real processes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from documents.adapters import landlock


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


HOSTILE = """if True:
    import os, signal, sys, threading
    from pathlib import Path
    from documents.adapters.landlock import close_files
    readable, secret, writable = map(Path, sys.argv[1:4])
    closed = close_files([readable], [writable])
    limit_resources(memory_bytes=2_000_000_000, cpu_seconds=60, file_bytes=1_000)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def outcome(do, *args):
        try:
            do(*args)
        except OSError as error:
            return type(error).__name__
        return "allowed"
"""


def hostile(tmp_path, code: str) -> list[str]:
    """What a child that was taken over gets, line by line."""
    readable, secret = tmp_path / "stored", tmp_path / "db.sqlite3"
    readable.write_text("the file to read")
    secret.write_text("all of the others")
    writable = tmp_path / "attached"
    writable.mkdir(exist_ok=True)
    code = "from documents.adapters.confinement import *; close_network()\n" + HOSTILE + code
    done = subprocess.run(
        [sys.executable, "-c", code, str(readable), str(secret), str(writable)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")
def test_the_child_reaches_no_files_but_its_own(tmp_path):
    answers = hostile(
        tmp_path,
        """
    print(closed)
    print(outcome(readable.read_text), outcome(secret.read_text), outcome(os.listdir, "/"))
    print(outcome(Path("/etc/passwd").read_text), outcome(Path("manage.py").read_text))
    print(outcome(Path(f"/proc/{os.getppid()}/environ").read_bytes))
    print(outcome(readable.write_text, "changed"), outcome(secret.unlink))
    print(outcome((writable / "1").write_text, "mine"))
    print(outcome((writable / "2").symlink_to, secret))
    print(outcome(Path("documents/planted.py").write_text, "import os"))""",
    )
    refused = "PermissionError"
    assert answers == ["True", "allowed", *[refused] * 7, "allowed", refused, refused]


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
def test_the_child_neither_multiplies_nor_ends_anybody_else(tmp_path):
    answers = hostile(
        tmp_path,
        """
    print(outcome(os.fork), outcome(os.posix_spawn, "/bin/true", ["true"], {}))
    print(outcome(os.kill, os.getppid(), signal.SIGTERM))
    thread = threading.Thread(target=print, args=("thread",))
    thread.start()
    thread.join()""",
    )
    assert answers == [*["PermissionError"] * 3, "thread"]


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")
def test_the_child_writes_no_large_files(tmp_path):
    answers = hostile(
        tmp_path,
        """
    print(outcome((writable / "1").write_bytes, bytes(1_000)))
    print(outcome((writable / "1").write_bytes, bytes(1_001)))""",
    )
    assert answers == ["allowed", "OSError"]


def test_where_the_kernel_closes_nothing_the_child_says_so(monkeypatch):
    monkeypatch.setattr(landlock.sys, "platform", "other")
    assert landlock.close_files() is False
