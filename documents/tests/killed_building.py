"""A program, not a test: builds a generation, each time killed with SIGKILL behind another write
to its row and then resumed, and prints what each run left behind.

    python -m documents.tests.killed_building DATA_FOLDER

Prints one JSON object: {"unbroken": STATE, "killed": [STATE, ...]}. Each run is a forked child, so
that the kill is a real one; the parent never opens the index.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from functools import partial
from pathlib import Path
from uuid import UUID

from documents.tests.killed_ingestion import in_child

TEXT = "Rule one grants twenty-five days of leave. " * 20
# More than any run writes: the loop ends when a run finishes unkilled.
MOST_HOLDS = 20


def prepare() -> None:
    from documents.models import Corpus
    from documents.tests.pipeline import put_online

    for number in range(2):
        put_online(Corpus.objects.get(), f"rules {number}", TEXT)


def build_killed(generation: UUID, holds: int) -> None:
    from documents import building

    original, left = building._Turn._hold, holds

    def hold(self: building._Turn, *progress: int) -> None:
        nonlocal left
        original(self, *progress)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    building._Turn._hold = hold  # type: ignore[method-assign]
    building.work_off(generation)


def resume(generation: UUID) -> None:
    from documents.building import work_off
    from documents.tasks import take_up_unfinished_work

    take_up_unfinished_work()  # as at the start of a process
    work_off(generation)


def dump(generation: UUID, path: Path) -> None:
    from documents.indexing import target_of
    from documents.models import IndexGeneration
    from documents.verifying import verify

    row = IndexGeneration.objects.get(pk=generation)
    report = verify(target_of(row))
    state = {
        "state": [row.state, row.paused, row.error_code, row.built_at is not None],
        "due": row.due.count(),
        "chunks": row.chunks.count(),
        "counts": report.counts(),
    }
    path.write_text(json.dumps(state))


def main(folder: Path) -> None:
    from django.conf import settings
    from django.core.management import call_command

    from accounts.services import create_first_administrator
    from documents import switching
    from documents.services import create_corpus

    call_command("migrate", verbosity=0)
    admin = create_first_administrator(email="alice@example.org", password="-", name="Alice")
    create_corpus(by=admin, name="Rules", language="en")
    in_child(prepare)
    settings.SPLIT_CHUNK_SIZE, settings.SPLIT_CHUNK_OVERLAP = 200, 20
    states, path = [], folder / "state.json"
    for holds in range(MOST_HOLDS):
        generation = switching.begin().pk
        was_killed = os.WIFSIGNALED(in_child(partial(build_killed, generation, holds)))
        if was_killed:
            in_child(partial(resume, generation))
        in_child(partial(dump, generation, path))
        states.append(json.loads(path.read_text()))
        switching.cancel(generation)
        if holds and not was_killed:
            break  # every write has had its kill
    sys.stdout.write(json.dumps({"unbroken": states[0], "killed": states[1:-1]}))


if __name__ == "__main__":
    data = Path(sys.argv[1])
    os.environ["CASSANDRE_DATA"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "cassandre.dev_settings"
    import django

    django.setup()
    main(data)
