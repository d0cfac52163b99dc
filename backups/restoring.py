"""Restoring a backup into an empty installation: checked, files first, all rows in one transaction.

A restore that fails leaves no row and takes its files away; one that is killed leaves at most
files, which the next attempt finds. Once the rows are there it is finished by whoever comes first:
the command itself, or the next start.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from django.apps import apps
from django.apps.registry import Apps
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from backups import schema
from backups.archive import Archive
from backups.errors import BackupDamaged, BackupNewer, NotEmpty
from backups.manifest import StoredFile
from backups.models import BackupRecord
from backups.patience import unlimited
from backups.records import who
from backups.stored import stored_files
from backups.streams import Hashed, blocks_of
from backups.tables import MADE_BY_MIGRATIONS, Loader, all_rows, kept_models, reset_sequences
from documents.due import lock_generations, mark_due
from documents.models import Document, DocumentVersion

logger = logging.getLogger(__name__)

Kind = BackupRecord.Kind
State = BackupRecord.State

_NAMES_TOLD = 5

OnProgress = Callable[[str, int], None]


def restore(archive: Archive, on_progress: OnProgress = lambda what, done: None) -> None:
    """Raises NotEmpty, BackupNewer, BackupDamaged, KeyWrong. The index is not in a backup: its
    points are all due afterwards, and written by the worker."""
    manifest = archive.manifest
    if unknown := schema.unknown(manifest.migrations):
        raise BackupNewer(version=manifest.cassandre, unknown=", ".join(unknown[:_NAMES_TOLD]))
    _require_empty(archive)
    archive.verify_parts(on_progress)
    registry = schema.bring_to(manifest.migrations)
    written: list[str] = []
    try:
        for name in _restore_files(archive, on_progress):
            written.append(name)
        with unlimited(), transaction.atomic():
            _load(archive, registry, on_progress)
    except BaseException:
        for name in written:
            default_storage.delete(name)
        raise
    finish_restore()


def finish_restore() -> bool:
    """What is left once the rows are there; whether there was something. Called at each start too,
    behind the migrations: a restore may have been killed here."""
    begun = BackupRecord.objects.filter(kind=Kind.RESTORE, state=State.RUNNING)
    if not begun.exists():
        return False
    call_command("migrate", verbosity=0, interactive=False)
    with transaction.atomic():
        anew = mark_due(DocumentVersion.objects.all(), lock_generations(), Document.Stale.VECTORS)
        begun.update(state=State.DONE, finished_at=timezone.now())
    logger.info("restored; the index is written anew: %s files", anew)
    return True


def _require_empty(archive: Archive) -> None:
    """No row of anybody's, and no file but those that an earlier attempt has put there."""
    models = [model for model in kept_models(apps) if model._meta.label not in MADE_BY_MIGRATIONS]
    counts = {model._meta.label: all_rows(model).count() for model in schema.tables_of(models)}
    found = [f"{number} {name}" for name, number in counts.items() if number]
    if not found:
        ours = {file.name for file in archive.files()}
        found = [file.name for file in stored_files() if file.name not in ours]
    if found:
        more = ["…"] if len(found) > _NAMES_TOLD else []
        raise NotEmpty(found=", ".join(found[:_NAMES_TOLD] + more))


def _restore_files(archive: Archive, on_progress: OnProgress) -> Iterator[str]:
    """The names of those that were written. One that is there already, whole, is left alone."""
    for done, file in enumerate(archive.files(), start=1):
        if not _is_there(file):
            with archive.content(file) as content:
                default_storage.delete(file.name)
                yield file.name
                saved = default_storage.save(file.name, File(content))
            if saved != file.name:
                raise BackupDamaged(part=file.name, reason=f"saved as {saved}")
        on_progress("files", done)


def _is_there(file: StoredFile) -> bool:
    if not default_storage.exists(file.name):
        return False
    with default_storage.open(file.name, "rb") as stored:
        hashed = Hashed(blocks_of(stored))
        for _block in hashed:
            pass
    return hashed.sha256 == file.sha256


def _load(archive: Archive, registry: Apps, on_progress: OnProgress) -> None:
    for label in reversed(MADE_BY_MIGRATIONS):
        all_rows(registry.get_model(label)).delete()
    loader = Loader(registry)
    counts: dict[str, int] = {}
    for part in archive.manifest.parts_of_database():
        with archive.part(part) as lines:
            try:
                number = loader.load(lines)
            except (LookupError, StopIteration) as error:
                raise BackupDamaged(part=part.name, reason=str(error)[:200]) from error
        counts[part.model] = counts.get(part.model, 0) + number
        on_progress(part.model, counts[part.model])
    wanted = {label: number for label, number in archive.manifest.tables.items() if number}
    if counts != wanted:
        raise BackupDamaged(part="database", reason=f"{sum(counts.values())} rows")
    reset_sequences(kept_models(registry))
    all_rows(registry.get_model("backups.BackupRecord")).create(
        kind=Kind.RESTORE,
        name=archive.manifest.name,
        target=archive.target.address[:1000],
        made_by=who(),
        rows=archive.manifest.rows,
        files=archive.manifest.files,
        files_missing=len(archive.manifest.missing),
    )
    connection.check_constraints()
    ContentType.objects.clear_cache()
