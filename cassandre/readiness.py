"""Checks and preparation before the first request."""

from __future__ import annotations

import fcntl
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.management import call_command

from cassandre.checks import CONFIGURATION
from cassandre.preparing import Say, prepare
from documents.adapters.registry import compact_index, lock_index
from documents.errors import IndexLocked
from documents.generations import live_generation

logger = logging.getLogger(__name__)


class NotReady(Exception):
    """One sentence for the person at the terminal."""


def make_ready(say: Say) -> None:
    """Raises NotReady with nothing damaged."""
    data = Path(settings.CASSANDRE_DATA)
    _check_writable(data)
    _report_checks(say, tags=[CONFIGURATION])
    if settings.EMBEDDED_WORKER:
        try:
            lock_index()  # before the database: a second instance must not even migrate
        except IndexLocked as error:
            raise NotReady(
                f"Another Cassandre already uses {data}. Stop it first (make stop), or choose "
                "another folder with CASSANDRE_DATA."
            ) from error
    with _one_at_a_time(data):
        if settings.EMBEDDED_WORKER:
            prepare(say)
            _report_checks(say, tags=[checks.Tags.database], databases=["default"])
            _compact_index(say)
        collect_static()


def _report_checks(
    say: Say, *, tags: Sequence[str], databases: Sequence[str] | None = None
) -> None:
    """Django's commands report them by themselves; this start is not one of them."""
    found = [each for each in checks.run_checks(tags=tags, databases=databases) if each.id]
    errors = [each for each in found if each.is_serious() and not each.is_silenced()]
    if errors:
        raise NotReady("\n".join(f"{each.msg} {each.hint or ''}".strip() for each in errors))
    for each in found:
        if not each.is_silenced():
            say(f"{each.id}: {each.msg} {each.hint or ''}".strip())


def _compact_index(say: Say) -> None:
    generation = live_generation().pk
    try:
        compact_index(generation, lambda: say("Preparing the index, up to a minute..."))
    except OSError as error:  # it serves as it is, with more memory
        logger.warning("the index could not be prepared: %s", error)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Two processes that start together on one folder would remove each other's static files."""
    with (folder / "preparing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # free again when the file is closed, or its process gone
        yield


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise NotReady(
            f"The folder {folder} cannot be written ({error.strerror}). Choose another with "
            "CASSANDRE_DATA."
        ) from error
    if not os.access(folder, os.X_OK):
        raise NotReady(
            f"The folder {folder} cannot be entered. Choose another with CASSANDRE_DATA."
        )


def collect_static() -> None:
    """Hashed and compressed copies of the static files, made again only when one is newer."""
    root = Path(settings.STATIC_ROOT)
    stamp = root / ".collected"
    newest = max(
        (
            path.stat().st_mtime
            for app in Path(settings.BASE_DIR).glob("*/static")
            for path in app.rglob("*")
            if path.is_file()
        ),
        default=0.0,
    )
    if stamp.exists() and stamp.stat().st_mtime >= newest:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.touch()
