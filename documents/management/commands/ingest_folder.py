from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from watchfiles import watch

from accounts.models import User
from common.errors import CassandreError
from documents.management.corpora import add_corpus_arguments, corpus_of, person_of
from documents.models import Corpus, Source, SourceEntry
from documents.sources.folder_services import dry_run, look_into_folder

# Also without a notice of the system: shares of a network send none. In milliseconds.
LOOK_AGAIN_MS = 60_000
# Where a file was still being written.
LOOK_SOON_MS = 2_000


class Command(BaseCommand):
    help = (
        "Take the files of a folder into a corpus, also beside a running Cassandre, whose worker "
        "reads them. Looked at again, it takes what is new or has changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH")
        add_corpus_arguments(parser)
        parser.add_argument(
            "--by", required=True, metavar="EMAIL", help="in whose name: a curator of the corpus"
        )
        one = parser.add_mutually_exclusive_group()
        one.add_argument("--watch", action="store_true", help="stay and follow its changes")
        one.add_argument("--dry-run", action="store_true", help="only say what would be taken")

    def handle(self, *args: Any, **options: Any) -> None:
        corpus = corpus_of(options)
        if corpus is None:
            raise CommandError("Say which corpus: --corpus SLUG.")
        by = person_of(options)
        try:
            if options["dry_run"]:
                for line in dry_run(by=by, corpus=corpus, folder=options["path"]):
                    self.stdout.write(f"{line.outcome:9} {line.path}  {line.reason}".rstrip())
                return
            with _told_to_end() as stop:
                later = self._look(by, corpus, options["path"], stop)
                while options["watch"] and not stop.is_set():
                    _wait_for_a_change(options["path"], stop, soon=later > 0)
                    later = 0 if stop.is_set() else self._look(by, corpus, options["path"], stop)
        except CassandreError as error:
            raise CommandError(error.user_sentence) from error

    def _look(self, by: User, corpus: Corpus, folder: Path, stop: threading.Event) -> int:
        """One look and its figures; returns how many files are still being written."""
        connections.close_all()  # the last look may be long ago
        source, look = look_into_folder(by=by, corpus=corpus, folder=folder, must_end=stop.is_set)
        if look.lost:
            if not stop.is_set():
                self.stderr.write("Another process looks into this folder, or it was cancelled.")
            return 0
        if source.state == Source.State.FAILED:
            raise CommandError(source.error_sentence)
        counts = [
            f"{source.entries.filter(state=state).count()} {state.value}"
            for state in SourceEntry.State
        ]
        self.stdout.write(f"{', '.join(counts)}, {look.later} being written")
        self.stdout.flush()
        return look.later


def _wait_for_a_change(folder: Path, stop: threading.Event, *, soon: bool) -> None:
    watched = watch(
        folder,
        stop_event=stop,
        rust_timeout=LOOK_SOON_MS if soon else LOOK_AGAIN_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
    )
    next(watched, None)


@contextmanager
def _told_to_end() -> Iterator[threading.Event]:
    """Set by SIGTERM or Ctrl-C: the file at hand is finished, the next run goes on behind it."""
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {kind: signal.signal(kind, end) for kind in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
