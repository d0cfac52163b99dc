"""The virus scan at the door: what is found is refused, and nothing passes unseen."""

from __future__ import annotations

import io
import socket

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from common import health
from documents.adapters.clamav import Scanner, ScannerSilent, ScanRefused
from documents.apps import _check_scanner
from documents.errors import InfectedFile, ScannerUnavailable, UnscannableFile
from documents.models import Document, DocumentVersion
from documents.receiving import receive_file
from documents.tests.builders import handbook as handbook
from documents.tests.clamd import VIRUS, running_clamd
from documents.tests.files import eml
from documents.tests.pipeline import bring_online


@pytest.fixture
def clamd(settings):
    with running_clamd() as daemon:
        settings.CLAMAV_HOST, settings.CLAMAV_PORT = daemon.server_address
        yield daemon


@pytest.fixture
def silent_port(settings):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.CLAMAV_HOST, settings.CLAMAV_PORT = "127.0.0.1", port
    return port


def sent(by, corpus, content: bytes):
    file = ContentFile(content, name="offer.txt")
    return receive_file(by=by, corpus=corpus, file=file)


def stored_files(corpus) -> list[str]:
    folder = f"documents/{corpus.pk}"
    return default_storage.listdir(folder)[1] if default_storage.exists(folder) else []


# --- the protocol -----------------------------------------------------------------------------


def test_a_clean_file_and_an_infected_one_are_told_apart(clamd):
    scanner = Scanner(*clamd.server_address)
    scanner.ping()
    assert scanner.scan(io.BytesIO(b"x" * 600_000)) == ""
    assert scanner.scan(io.BytesIO(b"x" * 300_000 + VIRUS)) == "Test.Virus"
    assert scanner.scan(io.BytesIO(b"")) == ""


def test_a_file_beyond_the_scanners_limit_is_not_scanned(clamd):
    clamd.limit = 1_000
    with pytest.raises(ScanRefused, match="size limit exceeded"):
        Scanner(*clamd.server_address).scan(io.BytesIO(b"x" * 5_000_000))


def test_a_file_that_was_not_looked_at_whole_is_not_scanned_and_not_infected(clamd):
    clamd.answer = b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0"
    with pytest.raises(ScanRefused, match="MaxFileSize"):
        Scanner(*clamd.server_address).scan(io.BytesIO(b"x"))


@pytest.mark.parametrize("answer", [b"\0", b"what?\0", b"stream: \0", b"stream: OK, FOUND it\0"])
def test_an_answer_that_makes_no_sense_is_no_clean_bill(clamd, answer):
    clamd.answer = answer
    with pytest.raises(ScannerSilent):
        Scanner(*clamd.server_address).scan(io.BytesIO(b"x"))
    with pytest.raises(ScannerSilent):
        Scanner(*clamd.server_address).ping()


def test_a_scanner_that_says_nothing_is_not_waited_for_without_end(silent_port):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        scanner = Scanner("127.0.0.1", deaf.getsockname()[1], timeout_s=0.2)
        with pytest.raises(ScannerSilent):
            scanner.scan(io.BytesIO(b"x"))
    with pytest.raises(ScannerSilent):
        Scanner("127.0.0.1", silent_port).scan(io.BytesIO(b"x"))


# --- the door ---------------------------------------------------------------------------------


def test_a_clean_file_comes_in_whole(erin, handbook, clamd):
    version = sent(erin, handbook, b"Good words.")
    with version.file.open() as stored:
        assert stored.read() == b"Good words."
    assert clamd.scanned == 1


@pytest.mark.parametrize(
    ("content", "limit", "refusal"),
    [(VIRUS, 1_000_000, InfectedFile), (b"x" * 100, 50, UnscannableFile)],
)
def test_what_the_scanner_refuses_leaves_nothing_behind(
    erin, handbook, clamd, content, limit, refusal
):
    clamd.limit = limit
    with pytest.raises(refusal) as refused:
        sent(erin, handbook, content)
    assert "“offer.txt”" in refused.value.user_sentence
    assert not Document.objects.exists()
    assert not DocumentVersion.objects.exists()
    assert stored_files(handbook) == []


def test_without_an_answer_nothing_is_taken_until_there_is_one(
    client, erin, handbook, silent_port, settings
):
    client.force_login(erin)
    answer = client.post(
        reverse("backoffice:upload"),
        {"corpus": str(handbook.pk), "file": ContentFile(b"Good words.", name="offer.txt")},
        headers={"accept": "application/json"},
    )
    assert answer.status_code == ScannerUnavailable.status == 503
    assert ScannerUnavailable.code in answer.content.decode()
    assert not Document.objects.exists()
    with running_clamd() as daemon:
        settings.CLAMAV_PORT = daemon.server_address[1]
        assert sent(erin, handbook, b"Good words.").state == DocumentVersion.State.QUEUED


def test_an_infected_attachment_is_left_out_of_its_mail(erin, handbook, clamd):
    # The stand-in does not unpack: in base64 it sees the attachment alone.
    content = eml("See below.", attachments={"bad.txt": VIRUS, "good.txt": b"Good words."})
    version = bring_online(erin, handbook, "mail.eml", content)
    assert version.state == DocumentVersion.State.READY
    assert [one["code"] for one in version.remarks] == [InfectedFile.code]
    assert [one.source_path for one in version.document.attachments.all()] == ["mail.eml/good.txt"]


def test_readiness_tells_whether_the_scanner_answers(clamd, silent_port, settings):
    assert _check_scanner() == "clamav does not answer"
    settings.CLAMAV_HOST, settings.CLAMAV_PORT = clamd.server_address
    assert _check_scanner() == "clamav"
    assert "virus scanner" not in health._checks  # of an installation without one
