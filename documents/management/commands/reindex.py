from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common.errors import CassandreError
from documents import switching
from documents.due import progress_of
from documents.generations import differences_from_live
from documents.management.corpora import add_corpus_arguments, corpus_of
from documents.models import IndexGeneration
from documents.reindexing import reindex

_VERBS = {
    "pause": switching.pause,
    "resume": switching.resume,
    "cancel": switching.cancel,
    "back": switching.bring_back,
    "remove": switching.remove,
}


class Command(BaseCommand):
    help = (
        "Have the running Cassandre write the passage index anew; search goes on meanwhile. "
        "Without an option, every point of the live generation is written over in its place."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_corpus_arguments(parser)
        one = parser.add_mutually_exclusive_group()
        one.add_argument(
            "--new-generation",
            action="store_true",
            help="build a generation as the settings want it beside the live one",
        )
        one.add_argument("--status", action="store_true", help="list the generations")
        one.add_argument("--pause", metavar="ID", help="stop building for a while")
        one.add_argument("--resume", metavar="ID", help="go on building")
        one.add_argument("--cancel", metavar="ID", help="give up what is being built")
        one.add_argument("--switch", metavar="ID", help="search this generation from now on")
        one.add_argument("--back", metavar="ID", help="bring a retired generation up to date")
        one.add_argument("--remove", metavar="ID", help="remove a retired generation for good")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._do(options)
        except CassandreError as error:
            raise CommandError(error.user_sentence) from error

    def _do(self, options: dict[str, Any]) -> None:
        if options["new_generation"]:
            switching.begin()
        elif options["switch"]:
            if not switching.ask_for_switch(switching.named(options["switch"]).pk):
                self.stdout.write("It is switched to as soon as it has caught up.")
        elif verb := next((name for name in _VERBS if options[name]), None):
            _VERBS[verb](switching.named(options[verb]).pk)
        elif not options["status"]:
            self._write_over(options)
            return
        self._list()

    def _write_over(self, options: dict[str, Any]) -> None:
        self.stdout.write(
            f"{reindex(corpus_of(options))} documents marked. The running Cassandre takes them up "
            "within half a minute; one that is stopped, at its next start."
        )

    def _list(self) -> None:
        for one in IndexGeneration.objects.order_by("created_at"):
            done, total = progress_of(one)
            state = "paused" if one.paused else str(one.state)
            made = timezone.localtime(one.created_at)
            self.stdout.write(
                f"{one.pk.hex[:8]}  {state:<9} {done} of {total} documents  {made:%Y-%m-%d %H:%M}  "
                f"size {one.chunk_size}/{one.chunk_overlap}  {one.embedding_model or 'no vectors'}"
            )
            if one.error_code:
                self.stdout.write(f"          {one.error_sentence}")
        for each in differences_from_live():
            self.stdout.write(f"The settings differ: {each.name}: {each.was} → {each.wanted}")
