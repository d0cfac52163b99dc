"""The steps of a move in their order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from cassandre.moving import database, files, index
from cassandre.moving.errors import NotEmbedded
from cassandre.moving.progress import Progress
from cassandre.moving.state import State
from cassandre.moving.target import NEEDED, Target, check_files, read_target
from documents.adapters.registry import lock_index


@dataclass(frozen=True, slots=True)
class Amounts:
    rows: int
    files: int
    file_bytes: int
    points: int


def move(env_file: Path, progress: Progress, *, dry_run: bool = False) -> None:
    """Raises CassandreError, IndexLocked among them where Cassandre runs; then another call goes
    on where this one ended."""
    set_here = [name for name in NEEDED if getattr(settings, name)]
    if set_here:
        raise NotEmbedded(variables=", ".join(set_here))
    lock_index()
    target = read_target(env_file)
    state = State.of(Path(settings.CASSANDRE_DATA), target.fingerprint)
    amounts = _check(target, state, progress)
    if dry_run:
        return
    state.save()
    _database(target, state, amounts, progress)
    _files(target, state, amounts, progress)
    _index(target, state, amounts, progress)
    with progress.step("verify", amounts.points) as on_points:
        index.compare(target, state, on_points)
    state.remove()


def _check(target: Target, state: State, progress: Progress) -> Amounts:
    with target.open_database() as alias:
        if not state.begun:
            database.check_empty(alias)
    check_files(target)
    if not state.begun:
        files.check_empty(target.files, target.bucket)
    version = index.check(target, must_be_empty=not state.begun)
    database.check_source()
    number, size = files.total()
    amounts = Amounts(database.count(), number, size, index.count())
    progress.say(
        f"check      PostgreSQL, S3 and Qdrant {version} answer"
        + (", a move is under way" if state.begun else " and are empty")
    )
    progress.say(
        f"           {amounts.rows:,} rows, {amounts.files:,} files of "
        f"{amounts.file_bytes:,} bytes, {amounts.points:,} points"
    )
    return amounts


def _database(target: Target, state: State, amounts: Amounts, progress: Progress) -> None:
    with target.open_database() as alias:
        if "database" not in state.done:
            database.migrate(target, alias)
            with progress.step("database", amounts.rows) as on_rows:
                database.copy(alias, on_rows)
        with progress.step("compare", amounts.rows) as on_rows:
            database.compare(alias, state, on_rows)
    if "database" not in state.done:
        state.finish("database")


def _files(target: Target, state: State, amounts: Amounts, progress: Progress) -> None:
    target.files.make_bucket()
    with progress.step("files", amounts.file_bytes) as on_bytes:
        files.copy(target.files, on_bytes)
    with progress.step("compare", amounts.file_bytes) as on_bytes:
        files.compare(target.files, state, on_bytes)


def _index(target: Target, state: State, amounts: Amounts, progress: Progress) -> None:
    with progress.step("index", amounts.points) as on_points:
        index.copy(target, state, on_points)
