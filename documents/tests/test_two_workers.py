"""Two worker processes over one database: one is killed, the other goes on where it was."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

SERVICES = ("DB_HOST", "MINIO_URL", "CHANNEL_REDIS", "QDRANT_URL", "CELERY_BROKER_URL")
MAKE = """
import django, sys; django.setup()
from django.core.files.base import ContentFile
from django.core.management import call_command
from accounts.services import create_first_administrator
from documents.receiving import receive_file
from documents.services import create_corpus
call_command("migrate", verbosity=0)
admin = create_first_administrator(email="alice@example.org", password="-", name="Alice")
corpus = create_corpus(by=admin, name="Rules", language="en")
text = "\\n\\n".join(f"# Part {n}\\n\\nRule {n} grants {n} days of leave." for n in range(1, 4))
receive_file(by=admin, corpus=corpus, file=ContentFile(text.encode(), name="rules.md"))
"""
TELL = """
import django; django.setup()
from documents.models import DocumentVersion
row = DocumentVersion.objects.get()
print(row.state, row.live, row.attempts, row.pages.count(), row.chunks.count() > 0)
"""


def environment(folder):
    return {
        **os.environ,
        **dict.fromkeys((*SERVICES, "EMBEDDING_MODEL"), ""),
        "CASSANDRE_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "cassandre.dev_settings",
    }


def python(folder, code):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def worker(folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "documents.tests.working", str(folder), *arguments],
        cwd=settings.BASE_DIR,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@pytest.fixture
def folder(tmp_path):
    python(tmp_path, MAKE)
    return tmp_path


@pytest.mark.parametrize(
    ("step", "again"),
    [
        ("extract", ["extract", "ocr", "chunk", "index", "publish"]),
        ("index", ["index", "publish"]),
    ],
)
def test_the_file_of_a_killed_worker_is_finished_by_another_from_the_step_it_was_at(
    step, again, folder
):
    first = worker(folder, step)
    try:
        begun = []
        for line in first.stdout:
            begun.append(line.strip())
            if line.startswith("still in"):
                break
        assert begun[-1] == f"still in {step}"
        second = worker(folder)
        try:
            assert second.stdout.readline().strip() == "ready"  # it finds nothing to take yet
            first.kill()
            rest, _errors = second.communicate(timeout=60)
        finally:
            second.kill()
            second.wait()
    finally:
        first.kill()
        first.wait()
        first.stdout.close()
    assert rest.split() == [*again, "idle"]
    assert python(folder, TELL) == "ready True 2 3 True"
