"""A program, not a test: ingests the same document again and again, each time killed with
SIGKILL behind another commit and then resumed, and prints what each run left behind.

    python -m documents.tests.killed_ingestion DATA_FOLDER

Prints one JSON object: {"unbroken": STATE, "killed": [STATE, ...], "kills": n}. Each run is a
forked child, so that the kill is a real one; the parent never opens the index.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

PAGES = 3
TEXT = "\n\n".join(
    f"# Part {number}\n\n" + f"Rule {number} grants {number + 20} days of leave. " * 40
    for number in range(1, PAGES + 1)
)
# More progress writes than any run makes: the loop ends when a run finishes unkilled.
MOST_COMMITS = 60


def in_child(work: Callable[[], None]) -> int:
    """Run `work` in a fork of its own; returns its wait status."""
    from django.db import connections

    connections.close_all()
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 (a fork must end here, whatever happened)
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _pid, status = os.waitpid(pid, 0)
    return status


def killing_after(commits: int) -> Callable[..., None]:
    """A Run.update that lets `commits` writes through and then kills its process."""
    from documents import leases

    original, left = leases.Run.update, commits

    def update(run: leases.Run, **fields: object) -> None:
        nonlocal left
        original(run, **fields)
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return update


def ingest_killed(version: uuid.UUID, commits: int) -> None:
    from documents import ingestion, leases

    leases.Run.update = killing_after(commits)  # type: ignore[method-assign]
    ingestion.ingest(version)


def resume(version: uuid.UUID) -> None:
    from documents.ingestion import ingest
    from documents.models import DocumentVersion

    State = DocumentVersion.State
    DocumentVersion.objects.filter(pk=version, state=State.RUNNING).update(state=State.QUEUED)
    ingest(version)


def dump(version: uuid.UUID, path: Path) -> None:
    """Rows, file and points, without what differs from document to document."""
    from ai.lexical import encode_question
    from documents.adapters.registry import get_index
    from documents.generations import analysers_of, live_generation
    from documents.models import DocumentVersion
    from documents.ports import IndexQuery

    row = DocumentVersion.objects.select_related("document").get(pk=version)
    generation = live_generation()
    index = get_index(generation.pk, generation.dimensions)
    query = IndexQuery(
        corpora=frozenset({row.document.corpus_id}),
        documents=frozenset({row.document_id}),
        lexical=encode_question("days of leave", "en", analysers_of(generation).chunks),
    )
    numbers = dict(row.chunks.values_list("pk", "number"))
    state = {
        "row": [row.state, row.step, row.live, row.page_count, row.language, row.error_code],
        "pages": list(row.pages.values_list("number", "text", "headings")),
        "chunks": list(row.chunks.values_list("number", "page", "start", "end", "section", "text")),
        "file": len(row.file.read()),
        "points": index.count_chunks(version),
        "found": sorted(numbers[hit.id] for hit in index.search_chunks(query)),
        "file_points": len(index.search_files(query)),
    }
    path.write_text(json.dumps(state))


def main(folder: Path) -> None:
    from django.core.files.base import ContentFile
    from django.core.management import call_command

    from accounts.services import create_first_administrator
    from documents.receiving import receive_file
    from documents.services import create_corpus

    call_command("migrate", verbosity=0)
    admin = create_first_administrator(email="alice@example.org", password="-", name="Alice")
    states, commits = [], 0
    path = folder / "state.json"
    while commits <= MOST_COMMITS:
        # A corpus for each run: its points are told apart, and equal content is no duplicate.
        corpus = create_corpus(by=admin, name=f"Run {commits}", language="en")
        file = ContentFile(TEXT.encode(), name="rules.md")
        version = receive_file(by=admin, corpus=corpus, file=file).pk
        status = in_child(partial(ingest_killed, version, commits))
        was_killed = os.WIFSIGNALED(status)
        if was_killed:
            in_child(partial(resume, version))
        in_child(partial(dump, version, path))
        states.append(json.loads(path.read_text()))
        if commits and not was_killed:
            break  # every commit of a run has had its kill
        commits += 1
    report = {"unbroken": states[0], "killed": states[1:-1], "kills": commits - 1}
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    data = Path(sys.argv[1])
    os.environ["CASSANDRE_DATA"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "cassandre.dev_settings"
    import django

    django.setup()
    main(data)
