"""A locked file is listed, waits for its password, and is read once it has been given."""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile

import pytest
from django.core.files.storage import default_storage

from common.errors import NotFound
from documents.adapters import unlocking as unlocking_adapter
from documents.errors import (
    CorruptFile,
    DuplicateFile,
    EncryptedFile,
    ExtractionExceeded,
    IngestionFailed,
    WrongPassword,
)
from documents.ingestion import ingest
from documents.models import DocumentVersion
from documents.retrieval import search
from documents.tests import files
from documents.tests.builders import make_document, make_version
from documents.tests.pipeline import bring_online, upload
from documents.transfer.exporting import plan_export
from documents.transfer.writing import zip_blocks
from documents.unlocking import unlock_version

State = DocumentVersion.State
PASSWORD = "sésame 12"
SECRET = "The safe opens with the left key."


def locked_pdf() -> bytes:
    import pikepdf

    opened = pikepdf.open(io.BytesIO(files.pdf(SECRET)))
    buffer = io.BytesIO()
    opened.save(buffer, encryption=pikepdf.Encryption(owner="owner", user=PASSWORD))
    return buffer.getvalue()


def locked_docx() -> bytes:
    from msoffcrypto.format.ooxml import OOXMLFile

    buffer = io.BytesIO()
    OOXMLFile(io.BytesIO(files.docx("# Safe", SECRET))).encrypt(PASSWORD, buffer)
    return buffer.getvalue()


LOCKED = {"safe.pdf": locked_pdf, "safe.docx": locked_docx}


def left_waiting(by, corpus, name: str) -> DocumentVersion:
    """An uploaded file as the pipeline leaves one that is locked, without running it."""
    version = upload(by, corpus, name, LOCKED[name]())
    version.state, version.error_code = State.FAILED, EncryptedFile.code
    version.error_params = {"file": name}
    version.save()
    return version


@pytest.fixture(params=list(LOCKED))
def waiting(request, erin, handbook) -> DocumentVersion:
    return left_waiting(erin, handbook, request.param)


@pytest.fixture
def waiting_pdf(erin, handbook) -> DocumentVersion:
    return left_waiting(erin, handbook, "safe.pdf")


@pytest.mark.parametrize("name", LOCKED)
def test_a_locked_file_is_kept_and_says_that_it_waits_for_a_password(erin, handbook, name):
    version = bring_online(erin, handbook, name, LOCKED[name]())
    assert (version.state, version.error_code) == (State.FAILED, EncryptedFile.code)
    assert version.file_name in version.error_sentence
    assert version.can_be_unlocked
    assert not version.can_be_retried


def test_with_its_password_it_is_read_and_keeps_the_identity_of_the_original(
    erin, bob, waiting, django_capture_on_commit_callbacks
):
    hash_before, locked = waiting.sha256, waiting.file.name
    with django_capture_on_commit_callbacks() as callbacks:
        assert unlock_version(by=erin, version=waiting, password=PASSWORD)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error_code) == (State.QUEUED, "")
    assert waiting.bytes == waiting.file.size
    for callback in callbacks[:-1]:  # the last one would hand it to a worker
        callback()
    ingest(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.sha256) == (State.READY, hash_before)
    assert not waiting.can_be_unlocked
    assert SECRET in search(bob, "left key of the safe").passages[0].text
    assert waiting.file.name != locked


def test_the_locked_copy_goes_once_the_opened_one_is_in_its_place(
    erin, waiting_pdf, django_capture_on_commit_callbacks
):
    locked = waiting_pdf.file.name
    with django_capture_on_commit_callbacks() as callbacks:
        unlock_version(by=erin, version=waiting_pdf, password=PASSWORD)
    assert default_storage.exists(locked)
    next(c for c in callbacks if "unlocking" in c.__module__)()
    assert not default_storage.exists(locked)
    waiting_pdf.refresh_from_db()
    assert default_storage.exists(waiting_pdf.file.name)


def test_a_wrong_password_has_its_own_error_and_changes_nothing(erin, waiting):
    before = DocumentVersion.objects.values().get(pk=waiting.pk)
    with pytest.raises(WrongPassword) as refused:
        unlock_version(by=erin, version=waiting, password="wrong-guess")
    assert refused.value.params == {"file": waiting.file_name}
    assert "wrong-guess" not in str(refused.value) + refused.value.cause
    assert DocumentVersion.objects.values().get(pk=waiting.pk) == before


@pytest.mark.parametrize("password", ["", "\udcff", "x" * 5_000])
def test_an_odd_password_is_a_wrong_one(erin, waiting_pdf, password):
    with pytest.raises(WrongPassword):
        unlock_version(by=erin, version=waiting_pdf, password=password)


def test_the_same_locked_file_again_is_recognised(erin, handbook, waiting_pdf):
    with waiting_pdf.file.open("rb") as stored:
        content = stored.read()
    with pytest.raises(DuplicateFile):
        upload(erin, handbook, "copy.pdf", content)
    unlock_version(by=erin, version=waiting_pdf, password=PASSWORD)
    with pytest.raises(DuplicateFile):
        upload(erin, handbook, "safe.pdf", content)


def test_only_who_curates_the_corpus_may_give_the_password(bob, charlie, dana, waiting_pdf):
    before = DocumentVersion.objects.values().get(pk=waiting_pdf.pk)
    for stranger in (bob, charlie, dana):
        with pytest.raises(NotFound):
            unlock_version(by=stranger, version=waiting_pdf, password=PASSWORD)
    assert DocumentVersion.objects.values().get(pk=waiting_pdf.pk) == before


def test_an_opened_file_says_so_and_leaves_with_its_corpus(erin, waiting_pdf):
    assert waiting_pdf.stored_sha256 == waiting_pdf.sha256
    unlock_version(by=erin, version=waiting_pdf, password=PASSWORD)
    waiting_pdf.refresh_from_db()
    (sentence,) = waiting_pdf.remark_sentences
    assert "safe.pdf" in sentence
    with waiting_pdf.file.open("rb") as stored:
        content = stored.read()
    assert waiting_pdf.stored_sha256 == hashlib.sha256(content).hexdigest()
    corpus = waiting_pdf.document.corpus
    zipped = io.BytesIO(b"".join(zip_blocks(plan_export(by=erin, corpus=corpus))))
    with zipfile.ZipFile(zipped) as archive:
        assert content in [archive.read(name) for name in archive.namelist()]


def test_a_version_that_does_not_wait_for_a_password_is_left_alone(erin, handbook):
    version = upload(erin, handbook, "safe.pdf", locked_pdf())
    assert unlock_version(by=erin, version=version, password=PASSWORD) is False
    version.refresh_from_db()
    assert version.state == State.QUEUED


def test_a_locked_file_that_no_password_opens_here_is_not_tried(erin, handbook):
    document = make_document(handbook, "Signed mail")
    version = make_version(
        document, State.FAILED, error_code=EncryptedFile.code, media_type="message/rfc822"
    )
    assert not version.can_be_unlocked
    assert unlock_version(by=erin, version=version, password=PASSWORD) is False


def test_a_version_that_a_newer_one_has_replaced_is_not_opened(erin, handbook, waiting_pdf):
    newer = upload(erin, handbook, "safe.pdf", files.pdf("An open safe."))
    assert newer.document_id == waiting_pdf.document_id
    assert unlock_version(by=erin, version=waiting_pdf, password=PASSWORD) is False


def test_of_two_who_give_the_password_at_once_one_is_obeyed(erin, waiting_pdf, monkeypatch):
    from documents import unlocking

    def meanwhile(*arguments):
        DocumentVersion.objects.filter(pk=waiting_pdf.pk).update(state=State.QUEUED)
        return unlocking_adapter.unlock_in_child(*arguments)

    storage, locked, opened = waiting_pdf.file.storage, waiting_pdf.file.name, []
    save = storage.save

    def remember(*arguments, **options):
        opened.append(save(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr(storage, "save", remember)
    monkeypatch.setattr(unlocking, "unlock_in_child", meanwhile)
    assert unlock_version(by=erin, version=waiting_pdf, password=PASSWORD) is False
    waiting_pdf.refresh_from_db()
    assert waiting_pdf.file.name == locked
    assert storage.exists(locked)
    assert len(opened) == 1
    assert not storage.exists(opened[0])


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("raise SystemExit(1)", CorruptFile),
        ("import no_such_library", IngestionFailed),
        ("raise MemoryError", ExtractionExceeded),
        ("import os; os.kill(os.getpid(), 9)", ExtractionExceeded),
        ("print('nonsense')", CorruptFile),
        ("""print('{"error": {"code": "not-found", "cause": ""}}')""", CorruptFile),
        ("import time; time.sleep(600)", ExtractionExceeded),
    ],
)
def test_a_child_that_dies_lies_or_hangs_is_no_more_than_an_error(
    tmp_path, monkeypatch, program, error
):
    monkeypatch.setattr(unlocking_adapter, "_COMMAND", (sys.executable, "-c", program))
    limits = unlocking_adapter.UnlockingLimits(timeout_s=1, memory_mb=512, file_mb=1)
    with pytest.raises(error) as refused:
        unlocking_adapter.unlock_in_child(tmp_path / "a", tmp_path / "b", PASSWORD, limits)
    assert PASSWORD not in refused.value.cause


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp and Landlock are Linux's")
def test_the_child_reaches_neither_the_network_nor_other_files(tmp_path, monkeypatch):
    program = """if True:
        import json, sys
        from pathlib import Path
        from documents.adapters import unlocking_child

        def look_around(source, target, password):
            import socket
            from documents.errors import CorruptFile
            found = []
            for name, reach in {
                "network": lambda: socket.socket(),
                "file": lambda: Path(sys.argv[1]).read_bytes(),
            }.items():
                try:
                    reach()
                except OSError:
                    found.append(name)
            raise CorruptFile(cause=" ".join(found))

        unlocking_child._pdf_unlocker = lambda: look_around
        unlocking_child.main()"""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(locked_pdf())
    (tmp_path / "ours").write_text("secret")
    command = (sys.executable, "-c", program, str(tmp_path / "ours"))
    monkeypatch.setattr(unlocking_adapter, "_COMMAND", command)
    limits = unlocking_adapter.UnlockingLimits(timeout_s=30, memory_mb=512, file_mb=1)
    with pytest.raises(CorruptFile) as refused:
        unlocking_adapter.unlock_in_child(
            tmp_path / "in" / "a", tmp_path / "in" / "b", PASSWORD, limits
        )
    assert refused.value.cause == "network file"


def test_a_damaged_container_is_said_to_be_damaged(tmp_path):
    (tmp_path / "a").write_bytes(files.encrypted_office())
    limits = unlocking_adapter.UnlockingLimits(timeout_s=30, memory_mb=512, file_mb=1)
    with pytest.raises(CorruptFile):
        unlocking_adapter.unlock_in_child(tmp_path / "a", tmp_path / "b", PASSWORD, limits)


def test_an_opened_file_larger_than_allowed_is_refused(tmp_path):
    (tmp_path / "a").write_bytes(locked_pdf())
    limits = unlocking_adapter.UnlockingLimits(timeout_s=30, memory_mb=512, file_mb=0)
    with pytest.raises((ExtractionExceeded, CorruptFile)):
        unlocking_adapter.unlock_in_child(tmp_path / "a", tmp_path / "b", PASSWORD, limits)
