from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import CassandreError
from documents.checking import NoResult, Result, ask_for_check, check_live
from documents.errors import IndexLocked
from documents.management.corpora import add_corpus_arguments, corpus_of

_COLUMNS = ("rows", "points", "missing", "superfluous", "differing")


class Command(BaseCommand):
    help = (
        "Compare the passage index with the database, also while Cassandre runs. "
        "Ends with 1 where they differ and nothing was repaired."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_corpus_arguments(parser)
        parser.add_argument(
            "--repair", action="store_true", help="write what is missing, remove what is too much"
        )
        parser.add_argument(
            "--wait",
            type=int,
            default=600,
            metavar="S",
            help="seconds that a running Cassandre has to answer (600)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = corpus_of(options)
        mend = options["repair"]
        try:
            result = check_live(corpus, mend=mend)
        except IndexLocked:
            self.stderr.write("A running Cassandre has the index: it is asked to compare.")
            try:
                result = ask_for_check(corpus, mend=mend, wait_s=options["wait"])
            except NoResult as silence:
                raise CommandError(str(silence)) from silence
        except CassandreError as error:
            raise CommandError(error.user_sentence) from error
        self._tell(result, mend=mend)

    def _tell(self, result: Result, *, mend: bool) -> None:
        self.stdout.write(f"{'':12}" + "".join(f"{name:>13}" for name in _COLUMNS))
        for key, name in (("chunks", "passages"), ("files", "files")):
            numbers = "".join(f"{result[key][column]:>13}" for column in _COLUMNS)
            self.stdout.write(f"{name:12}{numbers}")
        if not result["differs"]:
            self.stdout.write("Index and database agree.")
            return
        if not mend:
            raise CommandError("Index and database differ; --repair makes them agree.")
        self.stdout.write(f"Repaired: what was too much is gone, {result['anew']} files anew.")
