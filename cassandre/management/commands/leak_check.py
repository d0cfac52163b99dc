from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cassandre import nightly
from cassandre.leak_check import NAME, last_check, leak_check
from common.errors import CassandreError, sentence_for
from common.models import PeriodicRun
from documents.adapters.registry import get_index
from documents.errors import IndexLocked
from documents.generations import live_generation

_ASK_EVERY_S = 0.5


class Command(BaseCommand):
    help = (
        "Look whether anybody finds what they may not read, as is done each night; also while "
        "Cassandre runs. Ends with 1 where something was found."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--wait",
            type=int,
            default=900,
            metavar="S",
            help="seconds that a running Cassandre has to answer (900)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        asked_at = timezone.now()
        nightly.want(NAME)
        try:
            generation = live_generation()
            get_index(generation.pk, generation.dimensions)
        except IndexLocked:
            self.stderr.write("A running Cassandre has the index: it is asked, within a minute.")
        except CassandreError as error:
            raise CommandError(error.user_sentence) from error
        else:
            nightly.do(NAME, leak_check)
        self._tell(_result(asked_at, wait_s=options["wait"]))

    def _tell(self, result: dict[str, Any]) -> None:
        self.stdout.write(
            f"{result['people']} people, {result['searches']} searches, {result['points']} points"
        )
        for fault in result["faults"]:
            mended = " (mended)" if fault["mended"] else ""
            self.stdout.write(f"{fault['kind']}: {fault['what']}{mended}")
        if result["found"]:
            raise CommandError(f"{result['found']} found; docs/processes.md says what to do.")
        self.stdout.write("Nobody finds what they may not read.")


def _result(asked_at: datetime, *, wait_s: int) -> dict[str, Any]:
    until = time.monotonic() + wait_s
    while True:
        row = last_check()
        if row is not None and row.finished_at is not None and row.finished_at >= asked_at:
            return dict(row.result)
        failed = PeriodicRun.objects.filter(
            name=NAME, started_at__gte=asked_at, held_until=None
        ).exclude(error_code="")
        if code := failed.values_list("error_code", flat=True).first():
            raise CommandError(sentence_for(code, {}))
        if time.monotonic() >= until:
            raise CommandError("The process that has the index did not answer; see its log.")
        time.sleep(_ASK_EVERY_S)
