from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from common.errors import CassandreError, sentence_for
from documents.checking import Result, check_live
from documents.errors import IndexLocked
from documents.management.corpora import add_corpus_arguments, corpus_of
from documents.models import Corpus, IndexCheck

_ASK_EVERY_S = 0.5
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
            result = _asked(corpus, mend=mend, wait_s=options["wait"])
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


def _asked(corpus: Corpus | None, *, mend: bool, wait_s: int) -> Result:
    """The result of the process that has the index."""
    row = IndexCheck.objects.create(corpus=corpus, repair=mend)
    mine = IndexCheck.objects.filter(pk=row.pk)
    try:
        return _result_of(mine, time.monotonic() + wait_s)
    finally:
        mine.delete()


def _result_of(mine: QuerySet[IndexCheck], until: float) -> Result:
    while time.monotonic() < until:
        row = mine.get()
        if row.state == IndexCheck.State.DONE:
            return dict(row.result)
        if row.state == IndexCheck.State.FAILED:
            raise CommandError(sentence_for(str(row.result.get("error", "")), {}))
        time.sleep(_ASK_EVERY_S)
    raise CommandError("The process that has the index did not answer; see its log.")
