from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

# In services mode the program would need a PostgreSQL database of its own; what is shown here
# does not depend on which database it is.
SERVICES = ("DB_HOST", "MINIO_URL", "CHANNEL_REDIS", "QDRANT_URL", "CELERY_BROKER_URL")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    done = subprocess.run(
        [sys.executable, "-m", "documents.tests.killed_ingestion", str(folder)],
        cwd=settings.BASE_DIR,
        env={**os.environ, **dict.fromkeys(SERVICES, "")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_there_is_a_kill_behind_every_step_and_every_commit(report):
    assert report["kills"] >= 10
    assert len(report["killed"]) == report["kills"]


def test_an_unbroken_run_brings_the_document_online(report):
    unbroken = report["unbroken"]
    assert unbroken["row"][:3] == ["ready", "publish", True]
    assert unbroken["points"] == len(unbroken["chunks"]) > 0
    assert unbroken["found"]
    assert unbroken["file_points"] == 1


def test_every_resumed_run_leaves_the_rows_file_and_points_of_an_unbroken_one(report):
    for number, state in enumerate(report["killed"], start=1):
        assert state == report["unbroken"], f"killed behind commit {number}"
