from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import filesizeformat

from backups.adapters.registry import open_target
from backups.keeping import complete_backups
from backups.management.progress import Progress, leaving_at_sigterm
from backups.writing import make_backup
from common.errors import CassandreError


class Command(BaseCommand):
    help = (
        "Back up database and files, also while Cassandre runs. The index is not in it: a restore "
        "writes it anew. Neither are the secrets of the environment (SECRET_KEY, keys)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, metavar="FOLDER|s3://bucket/prefix")
        parser.add_argument(
            "--encrypt",
            action="store_true",
            help="with BACKUP_PASSPHRASE, or for BACKUP_RECIPIENT (age)",
        )
        parser.add_argument(
            "--keep",
            type=int,
            metavar="N",
            help="afterwards, give up all but the N newest backups at the target",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        keep = options["keep"]
        if keep is not None and keep < 1:
            raise CommandError("--keep: at least 1")
        try:
            with leaving_at_sigterm():
                target = open_target(options["to"], make=True)
                made = make_backup(
                    target,
                    encrypt=options["encrypt"],
                    keep=keep or 0,
                    on_progress=Progress(self.stderr),
                )
        except CassandreError as error:
            raise CommandError(f"{error.user_sentence} ({error.code})") from error
        except OSError as error:  # a full disk, a share that is gone
            raise CommandError(f"No backup was made: {error}") from error
        size = filesizeformat(made.bytes)
        self.stdout.write(
            f"Backup {made.name} at {made.target}: {made.rows} rows, {made.files} files, "
            f"{size} written."
        )
        if made.files_missing:
            self.stderr.write(
                f"{made.files_missing} files are named by rows and not in the storage; "
                "manage.py check_consistency lists them."
            )
        if keep:
            self.stdout.write(f"There now: {', '.join(complete_backups(target))}")
