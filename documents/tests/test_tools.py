"""Programs of others, run for real: what they may not do, and that none of them stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from documents.adapters.tools import runner
from documents.adapters.tools.runner import ToolBounds, ToolFailed, run_tool, tool_folder
from documents.errors import ExtractionExceeded

BOUNDS = ToolBounds(timeout_s=60, memory_mb=1_024)
PREFIX = "cassandre-tool-"
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")


def run(code: str, folder: Path, bounds: ToolBounds = BOUNDS, **options) -> None:
    run_tool((sys.executable, "-c", code), folder, bounds, **options)


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def ends(pid: int) -> bool:
    deadline = time.monotonic() + 20
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_alive(pid)


@LINUX
def test_a_tool_reaches_nobody_and_cannot_leave_its_group(tmp_path):
    code = """if True:
        import os, socket
        def outcome(do, *args):
            try:
                do(*args)
            except OSError as error:
                return type(error).__name__
            return "allowed"
        local = socket.socket(socket.AF_UNIX)
        with open("said", "w") as said:
            print(
                outcome(socket.socket, socket.AF_INET),
                outcome(socket.socket, socket.AF_INET6, socket.SOCK_DGRAM),
                outcome(socket.socket, socket.AF_NETLINK),
                outcome(local.bind, "own"),
                outcome(local.connect, "own"),
                outcome(os.setsid),
                outcome(os.setpgid, 0, 0),
                outcome(os.system, "true"),
                file=said,
            )"""
    run(code, tmp_path)
    refused = "PermissionError"
    outcomes = (tmp_path / "said").read_text().split()
    assert outcomes == [refused] * 3 + ["allowed"] + [refused] * 3 + ["allowed"]


@LINUX
def test_a_tool_reaches_no_file_but_its_own_and_those_of_the_system(tmp_path):
    folder, given, secret = tmp_path / "folder", tmp_path / "given", tmp_path / "secret"
    folder.mkdir()
    given.write_text("to be read")
    secret.write_text("of ours")
    code = f"""if True:
        import os, pathlib, shutil, subprocess
        def outcome(do, *args):
            try:
                do(*args)
            except OSError as error:
                return type(error).__name__
            return "allowed"
        made = pathlib.Path("a/b")
        made.mkdir(parents=True)
        (made / "c").write_text(str(pathlib.Path("/etc/passwd").stat().st_size))
        (made / "c").rename("moved")
        shutil.rmtree("a")
        subprocess.run(["true"], check=True, stdout=subprocess.DEVNULL)
        given, secret = pathlib.Path({str(given)!r}), pathlib.Path({str(secret)!r})
        said = [outcome(given.read_text), outcome(given.write_text, "x"),
                outcome(secret.read_text), outcome(os.listdir, "/")]
        pathlib.Path("said").write_text(" ".join(said))"""
    run(code, folder, readable=[given])
    refused = "PermissionError"
    assert (folder / "said").read_text().split() == ["allowed", refused, refused, refused]


def test_a_tool_has_no_secret_and_no_home_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    run("import os; open('said', 'w').write(repr(dict(os.environ)))", tmp_path)
    said = (tmp_path / "said").read_text()
    assert "sk-secret" not in said
    assert f"'HOME': '{tmp_path}'" in said


def test_the_folder_of_a_tool_goes_with_all_that_is_in_it():
    with tool_folder() as folder:
        run("import os; os.makedirs('a/b'); open('a/b/c', 'w')", folder)
        assert (folder / "a/b/c").exists()
    assert not folder.exists()


def test_what_a_killed_worker_left_is_removed_later(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old, new, foreign = (tmp_path / f"{name}1" for name in (PREFIX, f"{PREFIX}b", "other-"))
    for left in (old, new, foreign):
        left.mkdir()
        (left / "page-1.pgm").touch()
    for left in (old, foreign):
        os.utime(left, (0, 0))
    with tool_folder():
        assert [left.exists() for left in (old, new, foreign)] == [False, True, True]


def test_a_tool_that_takes_too_long_is_killed_with_all_that_it_started(tmp_path):
    code = """if True:
        import os, time
        if not os.fork():
            open("child", "w").write(str(os.getpid()))
            time.sleep(600)
        time.sleep(600)"""
    with pytest.raises(ExtractionExceeded) as exceeded:
        run(code, tmp_path, ToolBounds(timeout_s=2, memory_mb=1_024))
    assert exceeded.value.params == {"limit": "2 s, 1024 MB"}
    assert ends(int((tmp_path / "child").read_text()))


def test_a_tool_that_goes_leaves_nothing_running(tmp_path):
    code = """if True:
        import os, time
        if not os.fork():
            time.sleep(600)
        open("child", "w").write(str(os.getpid()))"""
    run(code, tmp_path)
    assert ends(int((tmp_path / "child").read_text()))


def test_a_tool_ends_when_whoever_waits_gives_up(tmp_path, monkeypatch):
    """As where the lease is lost."""
    monkeypatch.setattr(runner, "ON_WAIT_S", 0.05)
    started = tmp_path / "child"

    def give_up() -> None:
        if started.exists() and started.read_text():
            raise KeyError

    code = "import os, time; open('child', 'w').write(str(os.getpid())); time.sleep(600)"
    with pytest.raises(KeyError):
        run(code, tmp_path, on_wait=give_up)
    assert ends(int(started.read_text()))


def test_a_tool_ends_with_a_parent_that_is_killed(tmp_path):
    code = f"""if True:
        import sys
        from pathlib import Path
        from documents.adapters.tools.runner import ToolBounds, run_tool
        tool = "import os, time; print(os.getpid(), file=open('child', 'w')); time.sleep(600)"
        run_tool((sys.executable, "-c", tool), Path({str(tmp_path)!r}), ToolBounds(600, 1024))"""
    parent = subprocess.Popen([sys.executable, "-c", code])
    child = tmp_path / "child"
    while not (child.exists() and child.read_text().endswith("\n")):
        assert parent.poll() is None
        time.sleep(0.01)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert ends(int(child.read_text()))


@pytest.mark.parametrize(
    "code",
    [
        "b'x' * 3_000_000_000",
        "open('large', 'wb').truncate(300_000_000)",
        "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)",
    ],
)
def test_too_much_memory_file_or_time_is_told_from_a_fault(tmp_path, code):
    with pytest.raises(ExtractionExceeded):
        run(code, tmp_path)


def test_a_tool_that_fails_says_why_in_the_log_alone(tmp_path):
    with pytest.raises(ToolFailed, match="status 3: no such page"):
        run("import sys; print('no such page', file=sys.stderr); sys.exit(3)", tmp_path)
