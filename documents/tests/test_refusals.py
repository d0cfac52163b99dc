"""Each refusal from the door on: its code and its sentence with the file's name, and nothing half
written; retried where trying again can help."""

from __future__ import annotations

import struct
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from documents import steps
from documents.adapters.sandbox import ExtractionRequest
from documents.errors import CorruptFile, ExtractionExceeded, FileRefused
from documents.ingestion import ingest
from documents.models import Chunk, Document, DocumentVersion, Page
from documents.receiving import receive_file
from documents.tests import files
from documents.version_services import retry_version

State = DocumentVersion.State

NOISE = bytes(range(256)) * 8


def zip_with_encrypted_entry() -> bytes:
    content = bytearray(files.docx("secret"))
    at = content.find(b"PK\x01\x02")
    struct.pack_into("<H", content, at + 8, 0x1)
    return bytes(content)


def leaving(name: str) -> bytes:
    package = files.entries_of(files.docx("words"))
    return files.zipped({**package, name: b"x"})


def swelling() -> bytes:
    package = files.entries_of(files.docx("words"))
    return files.zipped({**package, "word/media/large.xml": bytes(20_000_000)})


def countless() -> bytes:
    package = files.entries_of(files.docx("words"))
    return files.zipped({**package, **{f"word/{n}": b"" for n in range(10_001)}})


def stored(corpus) -> list[str]:
    folder = f"documents/{corpus.pk}"
    return default_storage.listdir(folder)[1] if default_storage.exists(folder) else []


# --- at the door ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "code", "status"),
    [
        ("nothing.txt", b"", "file-empty", 422),
        ("noise.bin", NOISE, "file-unknown-type", 422),
        ("noise.pdf", NOISE, "file-type-mismatch", 422),
        ("really.docx", files.pdf("words"), "file-type-mismatch", 422),
        ("large.txt", b"x" * 1_000_001, "file-too-large", 413),
        ("cut.docx", files.docx("words")[:-300], "file-corrupt", 422),
        ("countless.docx", countless(), "file-archive-bomb", 422),
        ("locked.docx", zip_with_encrypted_entry(), "file-encrypted", 422),
    ],
)
def test_what_is_refused_at_the_door_is_named_and_leaves_nothing(
    client, settings, erin, handbook, name, content, code, status
):
    settings.MAX_UPLOAD_MB = 1
    client.force_login(erin)
    answer = client.post(
        reverse("backoffice:upload"),
        {"corpus": str(handbook.pk), "file": ContentFile(content, name=name)},
        headers={"accept": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert f"“{name}”" in answer.json()["sentence"]
    assert not Document.objects.exists()
    assert stored(handbook) == []


# --- in the child -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("rubbish.pdf", b"%PDF-1.4\n" + b"rubbish " * 50, "file-corrupt"),
        ("locked.pdf", files.pdf("secret", password="sesame"), "file-encrypted"),
        ("blank.docx", files.docx(""), "file-no-text"),
        ("long.pdf", files.pdf("a", "b", "c"), "file-too-many-pages"),
        ("swelling.docx", swelling(), "file-archive-bomb"),
        ("leaving.docx", leaving("../../evil"), "file-corrupt"),
    ],
)
def test_what_is_refused_in_reading_says_why_and_keeps_no_page(
    settings, erin, handbook, name, content, code
):
    settings.INGESTION_MAX_PAGES = 2
    file = ContentFile(content, name=name)
    version = receive_file(by=erin, corpus=handbook, file=file)
    ingest(version.pk)
    version.refresh_from_db()
    assert (version.state, version.error_code) == (State.FAILED, code)
    assert f"“{name}”" in version.error_sentence
    assert (version.live, version.lease_owner) == (False, "")
    assert not Page.objects.exists()
    assert not Chunk.objects.exists()


def test_of_a_file_that_breaks_off_midway_no_page_is_kept(monkeypatch, erin, handbook):
    monkeypatch.setattr(steps, "PAGES_PER_COMMIT", 1)
    whole = steps.extract_in_child

    def broken_off(request: ExtractionRequest, *others):
        yield next(whole(request, *others))
        raise CorruptFile(file=request.file_name)

    monkeypatch.setattr(steps, "extract_in_child", broken_off)
    file = ContentFile(files.pdf("one", "two"), name="broken.pdf")
    version = receive_file(by=erin, corpus=handbook, file=file)
    ingest(version.pk)
    version.refresh_from_db()
    assert version.error_code == CorruptFile.code
    assert not Page.objects.exists()


def test_too_little_time_or_memory_can_be_tried_again(monkeypatch, erin, handbook):
    whole = steps.extract_in_child

    def exceeded(request: ExtractionRequest, *_others):
        raise ExtractionExceeded(file=request.file_name, limit=request.bounds)

    monkeypatch.setattr(steps, "extract_in_child", exceeded)
    file = ContentFile(b"Good words.", name="slow.txt")
    version = receive_file(by=erin, corpus=handbook, file=file)
    ingest(version.pk)
    version.refresh_from_db()
    assert version.error_code == ExtractionExceeded.code
    assert "600 s, 2048 MB" in version.error_sentence
    monkeypatch.setattr(steps, "extract_in_child", whole)
    assert retry_version(by=erin, version=version)
    ingest(version.pk)
    version.refresh_from_db()
    assert version.state == State.READY


def test_another_file_is_needed_where_the_file_is_at_fault(erin, handbook):
    rubbish = ContentFile(b"%PDF-1.4\n" + b"rubbish " * 50, name="leave.pdf")
    version = receive_file(by=erin, corpus=handbook, file=rubbish)
    ingest(version.pk)
    version.refresh_from_db()
    assert not retry_version(by=erin, version=version)
    intact = ContentFile(files.pdf("25 days of leave"), name="leave.pdf")
    newer = receive_file(by=erin, corpus=handbook, file=intact)
    ingest(newer.pk)
    newer.refresh_from_db()
    assert (newer.document_id, newer.state) == (version.document_id, State.READY)


def test_the_zip_is_still_one(tmp_path):
    """The damaged packages above are what they should be but for the one fault."""
    for content in (leaving("../../evil"), swelling(), countless()):
        (tmp_path / "a.zip").write_bytes(content)
        with zipfile.ZipFile(tmp_path / "a.zip") as archive:
            assert archive.testzip() is None


def test_every_refusal_names_the_file():
    def below(kind):
        return {kind} | {deeper for one in kind.__subclasses__() for deeper in below(one)}

    assert all("%(file)s" in kind.sentence for kind in below(FileRefused))
