from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backups.adapters.registry import open_target
from backups.archive import Archive, open_archive
from backups.keeping import complete_backups
from backups.management.progress import Progress, leaving_at_sigterm
from backups.records import note_verified
from backups.restoring import restore
from common.errors import CassandreError
from documents.adapters.registry import lock_index
from documents.models import DueVersion


class Command(BaseCommand):
    help = (
        "Restore a backup into an empty installation, which must not run. Its index is written "
        "anew by the worker once it is started."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", required=True, dest="target", metavar="FOLDER|s3://bucket/prefix"
        )
        parser.add_argument("--at", default="", metavar="NAME", help="not the newest, but this one")
        parser.add_argument(
            "--check-only", action="store_true", help="read and check all of it, restore nothing"
        )
        parser.add_argument("--list", action="store_true", help="the backups that are there")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            target = open_target(options["target"])
            if options["list"]:
                for name in complete_backups(target):
                    self.stdout.write(name)
                return
            with leaving_at_sigterm():
                archive = open_archive(target, options["at"])
                if options["check_only"]:
                    self._check(archive)
                else:
                    self._restore(archive)
        except CassandreError as error:
            raise CommandError(f"{error.user_sentence} ({error.code})") from error
        except OSError as error:  # a full disk, a share that is gone
            raise CommandError(f"Nothing was restored: {error}") from error

    def _check(self, archive: Archive) -> None:
        archive.verify(Progress(self.stderr))
        note_verified(archive.manifest.name, archive.target.address)
        self._tell(archive, "is whole")

    def _restore(self, archive: Archive) -> None:
        lock_index()  # embedded: no other process may serve this folder meanwhile
        restore(archive, Progress(self.stderr))
        self._tell(archive, "is restored")
        due = DueVersion.objects.filter(generation__state="live").count()
        self.stdout.write(
            f"Start Cassandre: its worker writes the index of {due} files; until then search finds "
            "what is written so far. manage.py reindex --status shows how far it is."
        )

    def _tell(self, archive: Archive, state: str) -> None:
        manifest = archive.manifest
        made = timezone.localtime(manifest.created_at)
        self.stdout.write(
            f"Backup {manifest.name} of {made:%Y-%m-%d %H:%M} {state}: {manifest.rows} rows, "
            f"{manifest.files} files."
        )
        for name in manifest.missing:
            self.stderr.write(f"It was without this file, which its rows name: {name}")
