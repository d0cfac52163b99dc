"""start_all.sh as a person runs it: real processes, a scratch data folder, a free port."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import psutil
import psycopg
import pytest

from cassandre.tests.conftest import free_port

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 90
# What the script calls besides Python.
SHELL_TOOLS = ("bash", "env", "dirname", "cmp", "cp")


class Installation:
    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.data = Path(environment["CASSANDRE_DATA"])
        self.url = f"http://127.0.0.1:{environment['PORT']}"
        self.running: subprocess.Popen[str] | None = None

    def refusal(self, **changes: str) -> str:
        """Runs it where it must refuse; returns the one sentence it says."""
        done = subprocess.run(
            [ROOT / "start_all.sh"],
            env=self.environment | changes,
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 1, done.stdout + done.stderr
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    def start(self) -> None:
        self.running = subprocess.Popen(
            [ROOT / "start_all.sh"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.running.poll() is None and time.monotonic() < deadline:
            if self.answers("/healthz"):
                return
            time.sleep(0.1)
        self.running.kill()
        raise AssertionError(self.running.communicate()[0])

    def answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(self.url + path) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """Ends it as Ctrl-C does; returns the exit code and all that it printed."""
        assert self.running
        self.running.send_signal(number)
        said, _nothing = self.running.communicate(timeout=60)
        return self.running.returncode, said

    def stop(self) -> str:
        return self.call("stop")

    def call(self, argument: str) -> str:
        command = [sys.executable, "-m", "scripts.start", argument]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr


@pytest.fixture
def installation(tmp_path, env_example):
    environment = env_example | {
        "PATH": os.environ["PATH"],
        "VENV": sys.prefix,
        "CASSANDRE_DATA": str(tmp_path / "data"),
        "PORT": str(free_port()),
    }
    installation = Installation(environment)
    yield installation
    if installation.running and installation.running.poll() is None:
        installation.running.kill()
        installation.running.communicate()


@pytest.mark.once
def test_the_first_start_brings_everything_and_the_second_changes_nothing(installation):
    installation.start()
    assert installation.answers("/account/login/"), "no redirect to HTTPS on this machine"
    code, said = installation.end()
    assert code == 0
    assert re.search(r"Password \(shown this once\): \S{10,}", said)
    assert installation.url.removeprefix("http://127.0.0.1") in said
    secret = installation.data / "secret_key"
    assert secret.stat().st_mode & 0o777 == 0o600
    before = secret.read_text()

    installation.start()
    _code, said = installation.end()
    assert "Password" not in said
    assert secret.read_text() == before
    assert not installation.answers("/healthz")


@pytest.mark.once
def test_a_second_instance_is_refused_and_the_first_goes_on(installation):
    installation.start()
    sentence = installation.refusal(PORT=str(free_port()))
    assert "already runs" in sentence
    assert str(installation.running.pid) in sentence
    assert installation.answers("/healthz")

    assert installation.stop() == "Stopped.\n"
    installation.running.communicate(timeout=60)
    assert not installation.answers("/healthz")
    assert "Nothing runs" in installation.stop()


@pytest.mark.once
def test_a_killed_instance_leaves_nothing_that_blocks_the_next(installation):
    installation.start()
    installation.end(signal.SIGKILL)
    installation.start()
    assert installation.end()[0] == 0


def test_a_taken_port_is_named(installation):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"127.0.0.1:{port} " in installation.refusal(PORT=str(port))
    assert not (installation.data / "cassandre.sqlite3").exists()


def test_a_folder_that_cannot_be_written_is_named(installation, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    folder = str(tmp_path / "file" / "data")
    assert folder in installation.refusal(CASSANDRE_DATA=folder)
    assert (tmp_path / "file").read_text() == "not a folder"


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "eighty"), ("SPLIT_CHUNK_SIZE", "huge"), ("MINIO_URL", "minio")]
)
def test_a_variable_that_makes_no_sense_is_named(installation, name, value):
    assert installation.refusal(**{name: value}).startswith(f"{name}={value}: ")


def test_an_old_python_is_refused_before_anything_is_made(installation, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in SHELL_TOOLS:
        (tools / name).symlink_to(shutil.which(name))
    old = tools / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")  # what the question for 3.11 is answered with
    old.chmod(0o755)
    sentence = installation.refusal(PATH=str(tools), VENV=str(tmp_path / "none"))
    assert "Python 3.11" in sentence
    assert not (tmp_path / "none").exists()
    assert not installation.data.exists()


@pytest.fixture
def on_services(installation):
    if not (os.environ.get("DB_HOST") and os.environ.get("CHANNEL_REDIS")):
        pytest.skip("no PostgreSQL and Redis (make test-services starts them)")
    kept = ("DB_", "MINIO_", "CHANNEL_REDIS")
    found = {name: value for name, value in os.environ.items() if name.startswith(kept)}
    database = f"start_all_{uuid.uuid4().hex}"
    redis, _slash, number = found["CHANNEL_REDIS"].rpartition("/")
    installation.environment |= found | {
        "DB_NAME": database,
        "CELERY_BROKER_URL": f"{redis}/{int(number) + 1}",
        "QDRANT_URL": "http://127.0.0.1:9",  # there is none; this start does not search
    }
    address = f"host={found['DB_HOST']} port={found['DB_PORT']} user={found['DB_USER']}"
    with psycopg.connect(f"{address} dbname=postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{database}"')
        yield installation
        if installation.running:
            installation.end()
        connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


def until(condition) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.services
def test_with_a_broker_all_processes_start_and_end_together_and_a_killed_one_is_replaced(
    on_services,
):
    on_services.environment["WEB_PROCESSES"] = "2"
    on_services.start()

    def running() -> dict[str, tuple[str, str]]:
        lines = on_services.call("status").splitlines()[1:]
        return {line.split()[0]: (line.split()[1], line.split()[-1]) for line in lines}

    before = running()
    assert list(before) == ["web-1", "web-2", "worker-1", "beat"]
    os.kill(int(before["web-1"][0]), signal.SIGKILL)
    until(lambda: running()["web-1"][0] not in {"waits", before["web-1"][0]})
    assert running()["web-1"][1] == "1"
    assert running() | {"web-1": before["web-1"]} == before
    assert on_services.answers("/healthz"), "the other one serves, or it does again"
    children = psutil.Process(on_services.running.pid).children()
    code, said = on_services.end()
    on_services.running = None
    assert code == 0, said
    assert "web-1 ended with status -9 and is started again in 1 s" in said
    _gone, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
    assert "No supervisor runs" in on_services.call("status")


@pytest.mark.parametrize("name", ["WEB_PROCESSES", "WORKERS"])
def test_several_processes_without_a_broker_are_refused(installation, name):
    sentence = installation.refusal(**{name: "2"})
    assert sentence.startswith(f"{name}=2: several processes need CELERY_BROKER_URL")
    assert installation.refusal(**{name: "many"}).startswith(f"{name}=many: ")
