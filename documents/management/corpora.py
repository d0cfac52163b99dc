"""How commands name a corpus, and in whose name they act."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.models import User
from documents.models import Corpus


def add_corpus_arguments(parser: CommandParser) -> None:
    parser.add_argument("--corpus", metavar="SLUG", help="of this corpus alone")
    parser.add_argument(
        "--organisation", metavar="SLUG", help="whose corpus it is, where two have the same"
    )


def corpus_of(options: dict[str, Any]) -> Corpus | None:
    """None where no corpus is named. Slugs are unique within an organisation alone."""
    slug = options["corpus"]
    if not slug:
        return None
    named = Corpus.objects.filter(slug=slug)
    if options["organisation"]:
        named = named.filter(organisation__slug=options["organisation"])
    found = list(named[:2])
    if not found:
        raise CommandError(f"There is no corpus “{slug}”.")
    if len(found) > 1:
        raise CommandError(f"Several organisations have a corpus “{slug}”: add --organisation.")
    return found[0]


def person_of(options: dict[str, Any]) -> User:
    """Whom `--by` names."""
    found = User.objects.filter(email__iexact=options["by"]).first()
    if found is None:
        raise CommandError(f"There is nobody with the address “{options['by']}”.")
    return found
