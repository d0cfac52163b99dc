from __future__ import annotations

import json
import os
import subprocess
import sys

from django.conf import settings

from documents.tests.test_killed_ingestion import SERVICES


def test_a_build_killed_anywhere_goes_on_and_ends_as_an_unbroken_one(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "documents.tests.killed_building", str(tmp_path)],
        cwd=settings.BASE_DIR,
        env={**os.environ, **dict.fromkeys(SERVICES, "")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    unbroken = report["unbroken"]
    assert unbroken["state"] == ["building", False, "", True]
    assert unbroken["due"] == 0
    assert unbroken["chunks"] == unbroken["counts"]["chunks"]["points"] > 4
    assert len(report["killed"]) >= 5  # at its beginning, in and behind each of two files
    for number, state in enumerate(report["killed"], start=1):
        assert state == unbroken, f"killed behind write {number}"
