"""The file behind the viewer: ranges, validators, and the right asked for every time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.urls import reverse

from accounts.models import User
from common.files import BLOCK_BYTES, UnsatisfiableRange, requested_range
from documents.models import Corpus, CorpusGrant, Document, DocumentVersion
from documents.services import delete_document
from documents.tests.builders import make_document, make_version

CONTENT = bytes(range(256)) * 4 * 1024  # four blocks
State = DocumentVersion.State


@pytest.fixture
def document(handbook: Corpus) -> Document:
    document = make_document(handbook, "Leave")
    make_version(document, State.READY, live=True, content=CONTENT, page_count=1)
    return document


def address(document: Document) -> str:
    return reverse("documents:file", args=[document.pk])


@async_to_sync
async def read(user: Any, document: Any, query: str = "", **headers: str) -> Any:
    """The response, and the blocks that were sent. Run from here so that the view's thread is
    the test's own, inside its transaction."""
    client = AsyncClient()
    await client.aforce_login(user)
    response: Any = await client.get(address(document) + query, headers=headers)
    return response, [block async for block in response] if response.streaming else []


def joined(sent) -> tuple:
    response, blocks = sent
    return response, b"".join(blocks)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-9", (0, 9)),
        ("bytes=90-", (90, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-1000", (0, 99)),
        ("bytes=50-1000", (50, 99)),
        ("bytes=0-0,5-6", None),  # several: everything is a right answer
        ("bytes=9-3", None),
        ("bytes=-", None),
        ("lines=1-2", None),
        ("", None),
    ],
)
def test_a_range_header_is_read_as_rfc_9110_says(header: str, expected: object) -> None:
    assert requested_range(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=200-300", "bytes=-0"])
def test_a_range_behind_the_end_is_unsatisfiable(header: str) -> None:
    with pytest.raises(UnsatisfiableRange):
        requested_range(header, 100)


def test_a_reader_gets_the_whole_file_in_blocks(bob: User, document: Document) -> None:
    response, blocks = read(bob, document)
    assert response.status_code == 200
    assert b"".join(blocks) == CONTENT
    assert {len(block) for block in blocks} == {BLOCK_BYTES}
    assert response.headers["Content-Length"] == str(len(CONTENT))
    assert response.headers["Accept-Ranges"] == "bytes"


def test_a_range_brings_these_bytes_alone(bob: User, document: Document) -> None:
    response, body = joined(read(bob, document, range="bytes=300000-700000"))
    assert response.status_code == 206
    assert body == CONTENT[300_000:700_001]
    assert response.headers["Content-Range"] == f"bytes 300000-700000/{len(CONTENT)}"
    assert response.headers["Content-Length"] == "400001"


def test_a_range_behind_the_end_is_refused_with_the_length(bob: User, document: Document) -> None:
    response, _blocks = read(bob, document, range=f"bytes={len(CONTENT)}-")
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


def test_a_part_of_another_version_is_not_mixed_in(bob: User, document: Document) -> None:
    response, body = joined(read(bob, document, range="bytes=0-9", **{"if-range": '"another"'}))
    assert response.status_code == 200
    assert len(body) == len(CONTENT)
    etag = response.headers["ETag"]
    response, body = joined(read(bob, document, range="bytes=0-9", **{"if-range": etag}))
    assert (response.status_code, body) == (206, CONTENT[:10])


def test_what_the_browser_has_already_is_not_sent_again(bob: User, document: Document) -> None:
    first, _blocks = read(bob, document)
    second, body = joined(read(bob, document, **{"if-none-match": first.headers["ETag"]}))
    assert (second.status_code, body) == (304, b"")


def test_head_tells_the_length_and_sends_nothing(bob: User, document: Document) -> None:
    client = Client()
    client.force_login(bob)
    response = client.head(address(document))
    assert response.status_code == 200
    assert response.headers["Content-Length"] == str(len(CONTENT))
    assert response.content == b""


def test_a_pdf_is_shown_and_cached_only_with_a_question_each_time(
    bob: User, document: Document
) -> None:
    response, _blocks = read(bob, document)
    assert response.headers["Content-Disposition"] == 'inline; filename="leave.pdf"'
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_anything_else_is_saved_and_never_run(bob: User, handbook: Corpus) -> None:
    document = make_document(handbook, "Page", source_path="page.html")
    make_version(
        document,
        State.READY,
        live=True,
        content=b"<script>alert(1)</script>",
        media_type="text/html",
    )
    response, _blocks = read(bob, document)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_a_stranger_finds_no_file_and_the_anonymous_no_page(
    charlie: User, document: Document
) -> None:
    client = Client()
    assert client.get(address(document)).status_code == 302
    client.force_login(charlie)
    assert client.get(address(document)).status_code == 404
    assert client.get(address(document), headers={"range": "bytes=0-9"}).status_code == 404
    assert client.head(address(document)).status_code == 404


def _revoke(document: Document, alice: User, bob: User) -> None:
    CorpusGrant.objects.filter(corpus=document.corpus, user=bob).delete()


def _delete(document: Document, alice: User, bob: User) -> None:
    delete_document(by=alice, document=document)


@pytest.mark.parametrize("take_away", [_revoke, _delete])
def test_a_right_that_is_gone_closes_the_next_range(
    take_away: Callable[[Document, User, User], None],
    alice: User,
    bob: User,
    document: Document,
) -> None:
    response, _blocks = read(bob, document, range="bytes=0-9")
    assert response.status_code == 206
    take_away(document, alice, bob)
    etag = {"if-none-match": response.headers["ETag"]}
    for headers in ({"range": "bytes=10-19"}, {}, etag):
        response, _blocks = read(bob, document, **headers)
        assert response.status_code == 404


def test_an_address_cannot_pair_a_document_with_a_version_of_another(
    bob: User, document: Document, handbook: Corpus
) -> None:
    other = make_document(handbook, "Other")
    version = make_version(other, State.READY, live=True)
    response, _blocks = read(bob, document, f"?version={version.pk}")
    assert response.status_code == 404


def test_a_file_that_the_storage_has_lost_is_not_found(bob: User, document: Document) -> None:
    version = document.versions.get()
    version.file.delete(save=False)
    response, _blocks = read(bob, document)
    assert response.status_code == 404
