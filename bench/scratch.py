"""A scratch installation for benchmarks: its own folder and process, never the user's data."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Whatever the user's .env names, a benchmark runs on embedded parts of its own.
_EMBEDDED = ("DB_HOST", "QDRANT_URL", "MINIO_URL", "CHANNEL_REDIS", "CELERY_BROKER_URL")
_MODELS = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "PARADIGM_HOST", "PARADIGM_API_KEY")


@contextmanager
def scratch_installation(
    *, embedding_model: str = "", embedding_url: str = "", keep: Path | None = None
) -> Iterator[Path]:
    """Django set up on a migrated database in a temporary folder, removed at the end, or in
    `keep`, which stays."""
    folder = keep or Path(tempfile.mkdtemp(prefix="cassandre-bench-"))
    for name in (*_EMBEDDED, *_MODELS):
        os.environ[name] = ""
    os.environ["RERANK_URL"] = ""
    os.environ["EMBEDDING_MODEL"] = embedding_model
    os.environ["EMBEDDING_BASE_URL"] = embedding_url
    os.environ["CASSANDRE_DATA"] = str(folder)
    os.environ["LOG_LEVEL"] = "WARNING"
    os.environ["DJANGO_SETTINGS_MODULE"] = "cassandre.dev_settings"
    import django

    try:
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield folder
    finally:
        from documents.adapters.registry import close_indexes

        close_indexes()
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def say(line: str) -> None:
    """Progress goes to standard error: standard output holds the figures alone."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
