"""A corpus with something of all that moves, its zip as bytes or with something changed, and how it
comes in."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import Organisation, User
from documents import services, tasks
from documents.glossary import save_entry, wordings
from documents.ingestion import ingest
from documents.models import Corpus, Document, DocumentVersion, Source
from documents.sources.gathering import gather
from documents.tests.approved import approve
from documents.tests.builders import make_corpus
from documents.tests.pdf_writer import pdf
from documents.tests.pipeline import bring_online
from documents.transfer.exporting import plan_export
from documents.transfer.importing import import_corpus
from documents.transfer.manifest import MANIFEST_NAME
from documents.transfer.writing import zip_blocks

REPLACED_ON = date(2024, 5, 2)
LEAVE = "Employees have 25 days of annual leave.\n"
PAY = ("Salaries are paid on the last working day.", "Overtime is paid at a rate of 150 percent.")
NOTES = "# Working time\n\nEmployees work 38 hours a week, rest days on top of annual leave.\n"
SETTINGS = {
    "language": "en",
    "welcome_message": "How we work.",
    "instructions": "Name the article.",
    "passages_read": 4,
    "evidence_threshold": 0.3,
    "dense_weight": 2.0,
}


def settle(document: Document) -> None:
    """Have the index follow a change of the row."""
    tasks.refresh_index(str(document.pk))


def fill(by: User, corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents of three formats, one of them replaced, with hints, dates, glossary, approved."""
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "localdate", lambda *_when: REPLACED_ON)
        bring_online(by, corpus, "leave.txt", LEAVE)
        leave = bring_online(by, corpus, "leave.txt", LEAVE.replace("25", "30")).document
    pay = bring_online(by, corpus, "pay.pdf", pdf(*PAY)).document
    notes = bring_online(by, corpus, "notes.md", NOTES).document
    services.rename_document(by=by, document=pay, title="Salaries")
    services.set_hints(by=by, document=pay, hints="page 2: supplementary hours")
    services.set_validity(by=by, document=notes, valid_from=date(2020, 1, 1), valid_until=None)
    for document in (pay, notes):
        settle(document)
    save_entry(by=by, corpus=corpus, entry=wordings("RTT", "rest days; time off", "en"))
    approve(by, corpus, [leave], text="They have 30 days [1].")


@pytest.fixture
def corpus(organisation: Organisation, alice: User, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    made = make_corpus(organisation, "Rules", **SETTINGS)
    fill(alice, made, monkeypatch)
    return made


def zipped_corpus(by: User, corpus: Corpus) -> bytes:
    return b"".join(zip_blocks(plan_export(by=by, corpus=corpus)))


def changed_zip(
    content: bytes,
    change: Callable[[dict[str, Any]], None] = lambda manifest: None,
    *,
    instead: dict[str, bytes | None] | None = None,
) -> bytes:
    """The zip with another manifest, and other entries; None: without that one."""
    target = io.BytesIO()
    entries: dict[str, bytes | None] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for info in archive.infolist():
            entries[info.filename] = archive.read(info)
    manifest = json.loads(entries[MANIFEST_NAME] or b"")
    change(manifest)
    entries[MANIFEST_NAME] = json.dumps(manifest).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**entries, **(instead or {})}.items():
            if data is not None:
                archive.writestr(name, data)
    return target.getvalue()


def as_file(content: bytes, name: str = "rules.zip") -> ContentFile[bytes]:
    return ContentFile(content, name=name)


def minimal_zip(
    text: str = "Some words to read.",
    file_name: str = "rules.txt",
    title: str = "Rules",
    **more: Any,
) -> bytes:
    """A corpus of one document, as another Cassandre lets somebody download it; `more` stands in
    its manifest."""
    content, now, entry = text.encode(), "2026-01-01T00:00:00Z", f"files/1/1/{file_name}"
    manifest: dict[str, Any] = {
        "format": "cassandre-corpus",
        "version": 1,
        "exported_at": now,
        "corpus": {
            "name": "Moved rules",
            "language": "en",
            "passages_read": 6,
            "evidence_threshold": 0.35,
            "dense_weight": 1.5,
            "words_only": False,
            "ocr": True,
        },
        "documents": [
            {
                "number": 1,
                "title": title,
                "source_path": file_name,
                "created_at": now,
                "versions": [
                    {
                        "entry": entry,
                        "file_name": file_name,
                        "sha256": hashlib.sha256(content).hexdigest(),
                        "bytes": len(content),
                        "live": True,
                    }
                ],
            }
        ],
        **more,
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(MANIFEST_NAME, json.dumps(manifest))
        archive.writestr(entry, content)
    return target.getvalue()


def take_turns(source: Source, *, read: bool = True) -> None:
    """All that workers would do, until nothing is left to do; without `read` no file is read."""
    for _turn in range(10):
        while gather(source.pk).more:
            pass
        waiting = DocumentVersion.objects.filter(state=DocumentVersion.State.QUEUED).order_by(
            "created_at"
        )
        for version in waiting if read else ():
            ingest(version.pk)
        source.refresh_from_db()
        if not read or source.state not in {Source.State.QUEUED, Source.State.RUNNING}:
            return


def moved(by: User, content: bytes, *, read: bool = True) -> Corpus:
    source = import_corpus(by=by, file=as_file(content))
    take_turns(source, read=read)
    return source.corpus


@pytest.fixture
def several() -> bytes:
    """Four documents, the second of which is attached to the first."""
    texts = [f"Text {number}. {'word ' * number}" for number in range(1, 5)]
    part = {"created_at": "2026-01-01T00:00:00Z", "title": "Text"}
    documents: list[dict[str, object]] = []
    entries: dict[str, bytes | None] = {"files/1/1/rules.txt": None}
    for number, text in enumerate(texts, start=1):
        entry, content = f"files/{number}/1/text.txt", text.encode()
        entries[entry] = content
        file = {"entry": entry, "file_name": f"{number}.txt", "bytes": len(content), "live": True}
        versions = [{**file, "sha256": hashlib.sha256(content).hexdigest()}]
        named = {"number": number, "source_path": f"{number}.txt", "versions": versions}
        documents.append({**part, **named, "parent": 1 if number == 2 else None})
    return changed_zip(minimal_zip(documents=documents), instead=entries)


def store_instead(version: DocumentVersion, content: bytes) -> None:
    """Other bytes under the name of a version's file, as no door of ours would do it."""
    storage, name = version.file.storage, str(version.file.name)
    storage.delete(name)
    storage.save(name, ContentFile(content))
