from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import CassandreError
from documents.curators import people_in_charge
from documents.management.corpora import corpus_of
from documents.transfer.exporting import Export, plan_export
from documents.transfer.writing import zip_blocks


class Command(BaseCommand):
    help = "Write a corpus to a zip that another Cassandre takes in (manage.py import_corpus)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("corpus", metavar="SLUG")
        parser.add_argument("--to", metavar="FILE", required=True, help="must not exist yet")
        parser.add_argument(
            "--organisation", metavar="SLUG", help="whose corpus it is, where two have the same"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = corpus_of(options)
        if corpus is None:
            raise CommandError("Name a corpus.")
        curator = people_in_charge(corpus.organisation_id, [corpus.pk]).first()
        if curator is None:
            raise CommandError("Nobody curates this corpus.")
        target = Path(options["to"])
        if target.exists():
            raise CommandError(f"{target} exists already.")
        try:
            export = plan_export(by=curator, corpus=corpus)
            _write(export, target)
        except CassandreError as error:
            raise CommandError(error.user_sentence) from error
        except OSError as error:
            raise CommandError(f"{target}: {error.strerror}") from error
        self.stdout.write(
            f"{target}: {len(export.manifest.documents)} documents,"
            f" {len(export.originals)} files, {target.stat().st_size} bytes"
        )


def _write(export: Export, target: Path) -> None:
    """Under its name only when it is whole."""
    part = target.with_name(f"{target.name}.part")
    try:
        with part.open("wb") as file:
            for block in zip_blocks(export):
                file.write(block)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
