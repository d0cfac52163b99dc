"""The doors through which a corpus leaves and comes in. Who enters: test_doors.py."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import AsyncClient
from django.urls import reverse

from documents.models import Corpus, Source
from documents.tests.builders import make_corpus, ready_document
from documents.tests.transfer import changed_zip, minimal_zip, store_instead
from documents.transfer.writing import BLOCK_BYTES

IMPORT = reverse("backoffice:corpus_import")


@async_to_sync
async def downloaded(user: Any, corpus: Corpus) -> tuple[Any, list[bytes]]:
    """The response and the blocks that were sent, in the test's own thread and transaction."""
    client = AsyncClient()
    await client.aforce_login(user)
    response: Any = await client.get(reverse("backoffice:corpus_download", args=[corpus.pk]))
    return response, [block async for block in response] if response.streaming else []


def send(client, content, name="", file_name="rules.zip"):
    file = SimpleUploadedFile(file_name, content, content_type="application/zip")
    return client.post(IMPORT, {"transfer-file": file, "transfer-name": name}, follow=True)


def test_a_curator_downloads_the_corpus(erin, handbook):
    ready_document(handbook, title="Leave", pages=["Employees have 25 days."])
    response, blocks = downloaded(erin, handbook)
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="handbook-')
    assert "no-store" in response.headers["Cache-Control"]
    with zipfile.ZipFile(io.BytesIO(b"".join(blocks))) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["corpus"]["name"] == "Handbook"
        assert archive.testzip() is None


def test_a_large_file_is_sent_in_blocks(erin, handbook):
    document = ready_document(handbook, title="Large")
    version, content = document.versions.get(), bytes(5 * BLOCK_BYTES)
    store_instead(version, content)
    version.bytes, version.sha256 = len(content), hashlib.sha256(content).hexdigest()
    version.save()
    _response, blocks = downloaded(erin, handbook)
    assert len(blocks) > 5
    assert max(map(len, blocks)) < 2 * BLOCK_BYTES


def test_who_asks_for_its_headers_alone_starts_no_zip(erin, handbook, signed_in):
    address = reverse("backoffice:corpus_download", args=[handbook.pk])
    response = signed_in(erin).head(address)
    assert (response.streaming, response.headers["Content-Type"]) == (False, "application/zip")


@pytest.mark.parametrize("who", ["bob", "charlie", "dana"])
def test_who_does_not_curate_it_gets_no_byte(who, handbook, request):
    ready_document(handbook, title="Secret")
    response, blocks = downloaded(request.getfixturevalue(who), handbook)
    assert response.status_code in (403, 404)
    assert (blocks, b"Secret" in response.content) == ([], False)


def test_a_lost_file_is_named_on_a_page(erin, handbook, signed_in):
    version = ready_document(handbook, title="Leave").versions.get()
    version.file.storage.delete(version.file.name)
    response = signed_in(erin).get(reverse("backoffice:corpus_download", args=[handbook.pk]))
    assert response.status_code == 409
    assert "The file of “Leave” is lost or damaged here." in response.content.decode()


def test_the_settings_lead_to_the_download_and_a_new_corpus_to_the_zip(erin, handbook, signed_in):
    client = signed_in(erin)
    settings_page = client.get(reverse("backoffice:corpus", args=[handbook.pk])).content.decode()
    assert reverse("backoffice:corpus_download", args=[handbook.pk]) in settings_page
    assert f'action="{IMPORT}"' in client.get(reverse("backoffice:corpus_new")).content.decode()


def test_a_zip_becomes_a_corpus_that_its_giver_curates(erin, handbook, signed_in):
    client = signed_in(erin)
    response = send(client, minimal_zip())
    arrived = Corpus.objects.get(name="Moved rules")
    assert response.redirect_chain[0][0] == reverse(
        "backoffice:corpus_documents", args=[arrived.pk]
    )
    assert "“Moved rules” is here." in response.content.decode()
    source = Source.objects.get(corpus=arrived)
    assert source.created_by == erin
    under_way = client.get(reverse("backoffice:documents_archives")).content.decode()
    assert f"archive-{source.pk}" in under_way
    assert "Unpacked: 0 of 1 files" in under_way


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"PK no zip", "", "This is no corpus that Cassandre has let you download"),
        (minimal_zip(), "Handbook", "A corpus “Handbook” exists already."),
        (
            changed_zip(minimal_zip(), instead={"files/1/1/rules.txt": b"Other words to read"}),
            "",
            "“files/1/1/rules.txt” is not what the manifest says",
        ),
        (b"", "", "The submitted file is empty."),
    ],
)
def test_what_is_wrong_is_said_at_the_field(
    content, name, sentence, erin, handbook, signed_in, settings
):
    response = send(signed_in(erin), content, name)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not Source.objects.exists()
    assert Corpus.objects.count() == 1


def test_a_zip_beyond_what_a_browser_may_send_is_refused(erin, handbook, signed_in, settings):
    settings.MAX_UPLOAD_MB = 0.0001
    response = send(signed_in(erin), minimal_zip())
    assert "too large: at most 0.0001 MB" in response.content.decode()


def test_a_reader_of_another_organisation_finds_nothing_of_what_came_in(
    erin, handbook, dana, other_organisation, signed_in
):
    make_corpus(other_organisation, "Theirs")
    send(signed_in(erin), minimal_zip())
    page = signed_in(dana).get(reverse("backoffice:corpora")).content.decode()
    assert "Theirs" in page
    assert "Moved rules" not in page
