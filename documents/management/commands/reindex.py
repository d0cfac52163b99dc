from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from documents.models import Corpus
from documents.reindexing import reindex


class Command(BaseCommand):
    help = "Have the running Cassandre write the passage index anew; search goes on meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--corpus", metavar="SLUG", help="of this corpus alone")
        parser.add_argument(
            "--organisation", metavar="SLUG", help="whose corpus it is, where two have the same"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = _corpus(options["corpus"], options["organisation"]) if options["corpus"] else None
        self.stdout.write(
            f"{reindex(corpus)} documents marked. The running Cassandre takes them up within "
            "half a minute; one that is stopped, at its next start."
        )


def _corpus(slug: str, organisation: str | None) -> Corpus:
    """Slugs are unique within an organisation alone."""
    named = Corpus.objects.filter(slug=slug)
    if organisation:
        named = named.filter(organisation__slug=organisation)
    found = list(named[:2])
    if not found:
        raise CommandError(f"There is no corpus “{slug}”.")
    if len(found) > 1:
        raise CommandError(f"Several organisations have a corpus “{slug}”: add --organisation.")
    return found[0]
