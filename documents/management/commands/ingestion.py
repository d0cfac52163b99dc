from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from documents import queue_report, queueing
from documents.board import BoardState
from documents.management.corpora import add_corpus_arguments, corpus_of
from documents.models import Corpus, DocumentVersion
from documents.queue_report import STATES, FileLine
from documents.queue_services import hold, release, requeue_failed

_UNDER_WAY = [BoardState.WORKING, BoardState.FAILED]


class Command(BaseCommand):
    help = (
        "What is being ingested, in the words of the board; also tries again, pauses and goes on. "
        "Only rows are read and written: the running Cassandre takes them up within seconds."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        status = verbs.add_parser("status", help="what is under way, and what failed")
        add_corpus_arguments(status)
        status.add_argument("--state", choices=[str(state) for state in STATES], help="these alone")
        how = status.add_mutually_exclusive_group()
        how.add_argument("--json", action="store_true", help="one JSON object")
        how.add_argument("--csv", action="store_true", help="one line for each file")
        retry = verbs.add_parser("retry", help="try again what failed but not because of its file")
        pause = verbs.add_parser("pause", help="have a corpus's files wait")
        resume = verbs.add_parser(
            "resume", help="have them go on; without a corpus, try a service that failed at once"
        )
        for verb in (retry, pause, resume):
            add_corpus_arguments(verb)

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = corpus_of(options)
        match options["verb"]:
            case "status":
                self._status(corpus, options)
            case "retry":
                count = requeue_failed(queue_report.versions_of(corpus))
                self.stdout.write(f"{count} files are being tried again.")
            case "pause":
                self._pause(corpus)
            case "resume":
                self._resume(corpus)

    def _pause(self, corpus: Corpus | None) -> None:
        if corpus is None:
            raise CommandError("Name the corpus that is to wait: --corpus SLUG.")
        hold(Corpus.objects.filter(pk=corpus.pk))
        self.stdout.write(f"The files of “{corpus.name}” wait until: ingestion resume.")

    def _resume(self, corpus: Corpus | None) -> None:
        if corpus is not None:
            release(Corpus.objects.filter(pk=corpus.pk))
            self.stdout.write(f"The files of “{corpus.name}” go on where they were.")
        elif queueing.try_now():
            self.stdout.write("One file tries the service now; if it works, all others follow.")
        else:
            self.stdout.write("No service holds the files up.")

    def _status(self, corpus: Corpus | None, options: dict[str, Any]) -> None:
        wanted = [BoardState(options["state"])] if options["state"] else _UNDER_WAY
        lines = queue_report.file_lines(corpus, wanted)
        if options["csv"]:
            writer = csv.writer(self.stdout, lineterminator="\n")
            writer.writerow([field.name for field in fields(FileLine)])
            writer.writerows([_cell(value) for value in asdict(line).values()] for line in lines)
        elif options["json"]:
            told = {
                "counts": queue_report.counts(corpus),
                "pause": queue_report.pause_told(),
                "paused_corpora": queue_report.paused_corpora(corpus),
                "files": [asdict(line) for line in lines],
            }
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1))
        else:
            self._tell(corpus, lines)

    def _tell(self, corpus: Corpus | None, lines: Iterator[FileLine]) -> None:
        for state, count in queue_report.counts(corpus).items():
            self.stdout.write(f"{count:>8}  {DocumentVersion.State(state).label}")
        if pause := queue_report.pause_told():
            self.stdout.write(f"All files wait: {pause['reason']} Next try: {pause['next_try']}")
        for slug in queue_report.paused_corpora(corpus):
            self.stdout.write(f"Paused: {slug}")
        for line in lines:
            state_label = DocumentVersion.State(line.state).label
            step_label = DocumentVersion.Step(line.step).label
            done = f"{step_label} {line.done}/{line.total}"
            told = f"{line.corpus}  {line.file}  {state_label}  {done}  {line.reason}"
            self.stdout.write(told.rstrip())


def _cell(value: object) -> object:
    """A spreadsheet takes a cell that begins like this for a formula."""
    is_formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if is_formula else value
