"""Files in the queue as rows alone, for tests of whose turn it is and of what they wait for."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from documents import leases, queueing, steps
from documents.models import DocumentVersion, Page
from documents.tests.builders import make_document, make_version

Step = DocumentVersion.Step


def queued(corpus, by, count, **fields):
    """As many files of one person as rows alone, the oldest first."""
    document = make_document(corpus, f"Of {by}")
    begin = timezone.now() - timedelta(hours=1)
    rows = [
        DocumentVersion(
            document=document,
            created_by=by,
            file_name=f"{number}.txt",
            media_type="text/plain",
            bytes=1,
            sha256=f"{number:064}",
            **fields,
        )
        for number in range(count)
    ]
    made = DocumentVersion.objects.bulk_create(rows)
    for number, row in enumerate(made):
        row.created_at = begin + timedelta(seconds=number)
    DocumentVersion.objects.bulk_update(made, ["created_at"], batch_size=200)
    return made


def upload(by, corpus, name, text):
    """A file that was read already: what comes next needs no child process."""
    version = make_version(
        make_document(corpus, name, source_path=name),
        step=Step.CHUNK,
        created_by=by,
        language="en",
        page_count=1,
        media_type="text/plain",
    )
    Page.objects.create(version=version, number=1, text=text)
    return version


def take():
    taken = queueing.take_next(leases.new_owner())
    return taken and DocumentVersion.objects.get(pk=taken.version)


def counted_steps(monkeypatch):
    done = []

    def counting(step, work):
        def run(run):
            done.append(str(step))
            work(run)

        return run

    counted = [(step, counting(step, work)) for step, work in steps._STEPS]
    monkeypatch.setattr(steps, "_STEPS", counted)
    return done


def states():
    rows = DocumentVersion.objects.order_by("created_at")
    return [(row.state, row.attempts) for row in rows]
