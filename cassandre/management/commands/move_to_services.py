from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cassandre.moving.moving import move
from cassandre.moving.progress import Progress
from common.errors import CassandreError
from documents.adapters.registry import close_indexes


class Command(BaseCommand):
    help = (
        "Take this embedded installation to PostgreSQL, S3 and Qdrant (docs/moving.md). Stop "
        "Cassandre first. Nothing is changed here; run it again where it was cut off."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--env",
            type=Path,
            metavar="FILE",
            default=settings.BASE_DIR / ".env.services",
            help="the target's variables, as in .env (.env.services)",
        )
        parser.add_argument("--dry-run", action="store_true", help="check both sides, copy nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["env"]
        try:
            move(path, Progress(sys.stdout), dry_run=options["dry_run"])
        except CassandreError as error:
            raise CommandError(f"{error.code}: {error.user_sentence}") from error
        finally:
            close_indexes()
        if options["dry_run"]:
            self.stdout.write("Nothing was copied. Run it again without --dry-run.")
            return
        self.stdout.write(_after(path))


def _after(path: Path) -> str:
    secret = Path(settings.CASSANDRE_DATA) / "secret_key"
    kept = f", and the content of {secret} as SECRET_KEY" if secret.exists() else ""
    return (
        f"All is moved and the same on both sides. Put the lines of {path} into .env{kept}; "
        f"then start Cassandre. {settings.CASSANDRE_DATA} is as it was: keep it until you are sure."
    )
