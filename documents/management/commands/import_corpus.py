from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import CassandreError
from documents.management.corpora import person_of
from documents.transfer.importing import import_corpus


class Command(BaseCommand):
    help = (
        "Take in the zip that manage.py export_corpus or the back office of another Cassandre has"
        " written. The running Cassandre reads its files; one that is stopped, after its next"
        " start."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--by", required=True, metavar="EMAIL", help="in whose name; curates it from then on"
        )
        parser.add_argument("--name", default="", help="instead of the one that it has there")

    def handle(self, *args: Any, **options: Any) -> None:
        by = person_of(options)
        path = options["file"]
        try:
            with path.open("rb") as opened:
                file = File(opened, name=path.name)
                source = import_corpus(by=by, file=file, name=options["name"])
        except CassandreError as error:
            raise CommandError(error.user_sentence) from error
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        corpus = source.corpus
        self.stdout.write(f"{corpus.name} ({corpus.slug}): {source.progress_total} files")
