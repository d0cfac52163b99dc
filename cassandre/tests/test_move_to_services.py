"""An embedded installation moved to PostgreSQL, S3 and (a stand-in for) Qdrant, and what keeps it
from being moved: docs/moving.md."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from bench.qdrant_stand_in import standing_in
from cassandre.moving.errors import NotEmbedded
from cassandre.moving.moving import move
from cassandre.moving.progress import Progress
from cassandre.tests.moved import APPROVED, APPROVED_TEXT, QUESTION
from documents.tests.test_killed_ingestion import SERVICES

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(
        not (os.environ.get("DB_HOST") and os.environ.get("MINIO_URL")),
        reason="no PostgreSQL and S3: make test-services starts them",
    ),
]

API_KEY = "a-key-of-the-index"


@dataclass
class Moved:
    """A source in a folder, and what a file of variables says of its target."""

    folder: Path
    target: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def env_file(self, name: str = "target.env", **changes: str) -> str:
        lines = [f"{name}={value}" for name, value in {**self.target, **changes}.items()]
        (self.folder / name).write_text("\n".join(lines))
        return str(self.folder / name)

    def here(self, *arguments: str):
        return self._run(dict.fromkeys(SERVICES, ""), *arguments)

    def there(self, *arguments: str):
        return self._run(self.target | {"CELERY_BROKER_URL": "", "CHANNEL_REDIS": ""}, *arguments)

    def _run(self, services: dict[str, str], *arguments: str):
        report = self.folder / "report.json"
        own = {
            "CASSANDRE_DATA": str(self.data),
            "DJANGO_SETTINGS_MODULE": "cassandre.dev_settings",
            "MOVED_REPORT": str(report),
            "PYTHONWARNINGS": "ignore:Api key is used with an insecure connection",
        }
        done = subprocess.run(
            [sys.executable, "-m", "cassandre.tests.moved", *arguments],
            cwd=settings.BASE_DIR,
            env={**os.environ, **services, **own},
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(report.read_text())

    def content(self) -> dict[Path, bytes]:
        """What of the source must never change: its files, and its rows as statements."""
        files = {path: path.read_bytes() for path in self.data.glob("files/**/*.*")}
        with contextlib.closing(sqlite3.connect(self.data / "cassandre.sqlite3")) as connection:
            rows = "\n".join(connection.iterdump()).encode()
        return {**files, self.data: rows}


def server() -> psycopg.Connection:
    named = {
        name: os.environ[f"DB_{name.upper()}"] for name in ("host", "port", "user", "password")
    }
    address = psycopg.conninfo.make_conninfo(dbname=os.environ["DB_NAME"], **named)
    return psycopg.connect(address, autocommit=True)


@contextlib.contextmanager
def empty_target(folder: Path) -> Iterator[dict[str, str]]:
    """A database and a bucket of their own on the suite's servers, and a stand-in for Qdrant."""
    name = f"moved_{uuid.uuid4().hex[:8]}"
    variables = {key: os.environ[key] for key in ("DB_HOST", "DB_PORT", "DB_USER", "DB_PASSWORD")}
    variables |= {key: os.environ[key] for key in ("MINIO_URL", "MINIO_ACCESS_KEY_ID")}
    variables["MINIO_SECRET_ACCESS_KEY"] = os.environ["MINIO_SECRET_ACCESS_KEY"]
    (folder / "qdrant").mkdir()
    with (
        server() as connection,
        standing_in(folder / "qdrant", API_KEY) as qdrant,
    ):
        connection.execute(f"create database {name}")
        yield variables | {
            "DB_NAME": name,
            "MINIO_STORAGE_BUCKET_NAME": name.replace("_", "-"),
            "QDRANT_URL": qdrant,
            "QDRANT_API_KEY": API_KEY,
        }
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("moved")
    with empty_target(folder) as target:
        yield Moved(folder, target)


WRONG = {
    "DB_NAME": "nowhere",
    "DB_HOST": "127.0.0.2",
    "MINIO_ACCESS_KEY_ID": "nobody:nobody",
    "MINIO_SECRET_ACCESS_KEY": "wrong",
    "QDRANT_API_KEY": "wrong",
    "QDRANT_URL": "http://127.0.0.1:9",
}
KILLS = ("database:3", "done", "files:1", "index:1")


def test_a_move_killed_at_every_step_ends_as_what_it_was(moved):
    """What is wrong is named first. A question is then answered there, for those alone who could
    ask it here; and nothing is moved a second time, onto what is used."""
    [_seeded, before] = moved.here("seed", "look")
    content, env = moved.content(), moved.env_file()
    files = [moved.env_file(f"{name}.env", **{name: value}) for name, value in WRONG.items()]
    files.append(str(moved.folder / "none.env"))
    kills = [f"{env}@{kill}" for kill in KILLS]
    said = moved.here("move", *files, f"{env}@held", *kills, env)
    assert_named([*WRONG, "none.env"], said[: len(files)])
    assert said[len(files)].startswith("index-locked: ")
    assert said[len(files) + 1 :] == ["killed"] * len(KILLS) + ["moved"]
    assert moved.content() == content
    assert not (moved.data / "moving.json").exists()

    after, answers = moved.there("look", "ask")
    assert after == before
    assert_rights_hold(after, answers)
    assert_not_moved_twice(moved, env)


def assert_named(variables: list[str], said: list[str]) -> None:
    for name, sentence in zip(variables, said, strict=True):
        assert sentence.startswith("move-target-wrong: "), sentence
        assert name in sentence, sentence
        assert API_KEY not in sentence


def assert_rights_hold(seen, answers) -> None:
    assert [status for status, _hash in seen["bob"]["files"].values()] == [200, 200]
    assert len(seen["bob"]["found"]) >= 2
    assert [cited for _text, cited in seen["bob"]["answers"]] == [1]
    assert "carry over five" in answers[f"bob: {QUESTION}"]
    assert answers[f"bob: {APPROVED}"].replace(" [1]", "[1]") == APPROVED_TEXT
    assert seen["charlie"]["found"] == seen["charlie"]["answers"] == []
    assert {status for status, _hash in seen["charlie"]["files"].values()} == {404}
    for question in (QUESTION, APPROVED):
        told = answers[f"charlie: {question}"]
        assert "carry over" not in told
        assert "March" not in told


def assert_not_moved_twice(moved: Moved, env: str) -> None:
    """Whichever of the three is not empty; nor may a state that was left behind hide that both
    sides went on apart."""
    name = f"{moved.target['DB_NAME']}_other"
    with server() as connection:
        connection.execute(f"create database {name}")
        bucket = moved.env_file("bucket.env", DB_NAME=name)
        index = moved.env_file("index.env", DB_NAME=name, MINIO_STORAGE_BUCKET_NAME="nothing-yet")
        said = moved.here("move", env, bucket, index, f"{env}@left", bucket)
        connection.execute(f"drop database {name} with (force)")
    assert said[0].startswith(f"move-target-not-empty: DB_NAME={moved.target['DB_NAME']} ")
    assert said[1].startswith("move-target-not-empty: MINIO_STORAGE_BUCKET_NAME=moved-")
    assert said[2].startswith("move-target-not-empty: QDRANT_URL ")
    assert said[3].startswith("move-sides-differ: ")
    assert "accounts_user (3 / 3)" in said[3]  # who signed in there since
    assert said[4].startswith("move-other-target: ")


def test_an_installation_that_uses_services_is_not_moved(moved):
    with pytest.raises(NotEmbedded) as raised:
        move(Path(moved.env_file()), Progress(sys.stdout))
    assert raised.value.params["variables"] == "DB_HOST, MINIO_URL"
