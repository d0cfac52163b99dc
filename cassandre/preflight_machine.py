"""The pre-flight's looks at what surrounds the database: processes, disk, index, backup."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from backups.models import BackupRecord
from cassandre.preflight import Finding, Report
from cassandre.quiet import under_way
from common.process import VERSION
from documents.adapters.registry import index_bytes
from documents.generations import analysers_of
from documents.models import IndexGeneration

MEBI = 1024 * 1024
# Static files, logs, and what SQLite writes beside its file.
ROOM_BYTES = 500 * MEBI
# Writing what was added to the embedded index down takes three times its place.
INDEX_COPIES = 3
BACKUP_DAYS = 1


def processes_look(report: Report) -> Iterator[Finding]:
    """Those of the release before, and what they are at."""
    running = list(_of_this_folder()) if settings.EMBEDDED_WORKER else []
    running += list(_connected())
    try:
        busy = under_way()
    except DatabaseError:  # older tables
        busy = []
    must_end = [f"{each.app}.{each.name}" for each in report.pending if each.breaks]
    for who in running:
        if must_end:
            yield Finding(
                "error",
                "processes",
                f"{who}, which {', '.join(must_end)} would break.",
                "Stop it first: make stop, or take web and workers down.",
            )
        else:
            yield Finding("warning", "processes", f"{who}.", "Replace it once you have migrated.")
    if running and busy:
        yield Finding(
            "warning",
            "processes",
            f"Under way: {', '.join(busy)}.",
            "Nothing is lost with them; manage.py maintenance on --wait 60 lets them end.",
        )
    if not running:
        yield Finding("ok", "processes", "None of another release is connected.")


def _of_this_folder() -> Iterator[str]:
    """Whoever holds the lock that start_all.sh takes."""
    path = Path(settings.CASSANDRE_DATA) / "run.lock"
    if not path.exists():
        return
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield f"Cassandre runs on {path.parent} (process {file.read().strip()})"


def _connected() -> Iterator[str]:
    """Releases that say another version than this one as their name at PostgreSQL."""
    if connection.vendor != "postgresql":
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT application_name, count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name LIKE 'cassandre%%'"
                " AND application_name <> %s GROUP BY 1 ORDER BY 1",
                [f"cassandre {VERSION}"],
            )
            found = cursor.fetchall()
    except DatabaseError:
        return
    for name, count in found:
        yield f"{name} is connected to the database ({count} connections)"


def disk_look(_report: Report) -> Iterator[Finding]:
    data = Path(settings.CASSANDRE_DATA)
    free = shutil.disk_usage(data).free
    needed = ROOM_BYTES
    if connection.vendor == "sqlite":
        # A changed table is written anew beside the old one.
        name = Path(str(connection.settings_dict["NAME"]))
        needed += 2 * (name.stat().st_size if name.is_file() else 0)
    if free < needed:
        yield Finding(
            "error",
            "disk",
            f"{data} has {_size(free)} free, and {_size(needed)} are needed.",
            "Make room, or choose a larger disk.",
        )
        return
    live = _live()
    index = (index_bytes(live.pk) or 0) if live else 0
    if free < needed + INDEX_COPIES * index:
        yield Finding(
            "warning",
            "disk",
            f"{data} has {_size(free)} free; an index of {_size(index)} may need three times its "
            "own place at the start.",
            "Without it the start goes on, with more memory.",
        )
        return
    yield Finding("ok", "disk", f"{_size(free)} free in {data}.")


def _size(number: int) -> str:
    return (
        f"{number / MEBI:,.0f} MiB"
        if number < 10_240 * MEBI
        else f"{number / MEBI / 1024:,.0f} GiB"
    )


def _live() -> IndexGeneration | None:
    """By the columns that every release has."""
    try:
        return (
            IndexGeneration.objects.filter(state=IndexGeneration.State.LIVE)
            .only("analyser", "dimensions")
            .first()
        )
    except DatabaseError:
        return None


def index_look(_report: Report) -> Iterator[Finding]:
    live = _live()
    if live is None:
        yield Finding("ok", "index", "There is none yet.")
        return
    try:
        analysers_of(live)
    except (KeyError, TypeError, ValueError) as error:
        yield Finding(
            "error",
            "index",
            f"This release cannot read how the live index was made ({type(error).__name__}).",
            "Its release notes say how to come from yours.",
        )
        return
    try:
        building = IndexGeneration.objects.filter(state=IndexGeneration.State.BUILDING).exists()
    except DatabaseError:
        building = False
    if building:
        yield Finding(
            "warning",
            "index",
            "A new index is being built.",
            "It goes on after the upgrade; manage.py reindex --pause ID holds it meanwhile.",
        )
        return
    yield Finding("ok", "index", "The live index can be read.")


def backup_look(report: Report) -> Iterator[Finding]:
    try:
        last = (
            BackupRecord.objects.filter(
                kind=BackupRecord.Kind.BACKUP, state=BackupRecord.State.DONE
            )
            .order_by("-finished_at")
            .values_list("finished_at", flat=True)
            .first()
        )
    except DatabaseError:  # a release without them
        last = None
    if last is None:
        fresh = not report.pending
        yield Finding(
            "ok" if fresh else "warning",
            "backup",
            "No backup is known of.",
            "manage.py backup makes one; migrations have no other way back.",
        )
        return
    age = timezone.now() - last
    if age > timedelta(days=BACKUP_DAYS):
        yield Finding(
            "warning", "backup", f"The last backup is {age.days} days old.", "manage.py backup"
        )
        return
    yield Finding("ok", "backup", f"The last backup is {age.seconds // 3600} hours old.")
