"""What was read of a file, page by page: for the curators of its corpus, whatever its state."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backoffice.page_view import passage_boxes, text_blocks
from common.errors import NotFound
from documents.generations import live_generation
from documents.geometry import Box, PlacedWord, pack
from documents.inspecting import (
    get_page_for_curator,
    pages_holding,
    passages_curated_by,
    read_summary,
    words_placed_on,
)
from documents.models import Chunk, DocumentVersion, Page, PageWords
from documents.tests.builders import (
    add_pages,
    failed_document,
    make_document,
    make_version,
    ready_document,
)

State = DocumentVersion.State


@pytest.fixture
def client(erin, signed_in):
    return signed_in(erin)


def address(document) -> str:
    return reverse("backoffice:document_pages", args=[document.pk])


def chunk(version, number, start, end, **fields) -> Chunk:
    page = version.pages.get(number=1)
    return Chunk.objects.create(
        id=uuid.uuid4(),
        version=version,
        generation=live_generation(),
        number=number,
        page=1,
        start=start,
        end=end,
        text=page.text[start:end],
        **fields,
    )


def test_a_page_is_shown_with_its_passages_their_heading_size_and_language(handbook, client):
    document = ready_document(handbook, pages=["First page.", "Second page."])
    Chunk.objects.filter(page=2).update(section="Leave › Days")
    page = client.get(address(document), {"page": "2"}).content.decode()
    assert "Second page." in page
    assert "First page." not in page
    assert "Leave › Days" in page
    assert "12 characters" in page
    assert "some 3 tokens" in page
    assert "English" in page


def test_pages_are_turned_and_jumped_to_and_nonsense_opens_the_nearest(handbook, client):
    document = ready_document(handbook, pages=["one", "two", "three"])

    def opened(page):
        return client.get(address(document), {"page": page}).context["page"].number

    assert [opened(page) for page in ("2", "0", "-4", "x", "99", "9" * 30)] == [2, 1, 1, 1, 3, 1]
    middle = client.get(address(document), {"page": "2"}).context
    assert (middle["previous_url"], middle["next_url"]) == ("?page=1", "?page=3")
    last = client.get(address(document), {"page": "3"}).context
    assert (last["previous_url"], last["next_url"]) == ("?page=2", "")


def test_what_a_failed_file_has_left_and_what_an_older_one_was_can_be_looked_at(handbook, client):
    document = ready_document(handbook, pages=["What readers see."])
    failed = make_version(document, State.FAILED, error_code="ingestion-failed")
    add_pages(failed, ["Half of the new file."])
    assert "What readers see." in client.get(address(document)).content.decode()
    asked = client.get(address(document), {"version": str(failed.pk)}).content.decode()
    assert "Half of the new file." in asked
    assert f'value="{failed.pk}" selected' in asked
    nothing = failed_document(handbook, title="Nothing")
    page = client.get(address(nothing)).content.decode()
    assert "Nothing was read of this file yet." in page
    assert "is damaged" in page


def test_the_text_of_a_document_is_never_markup(handbook, client):
    text = "<script>alert(1)</script>"
    document = ready_document(handbook, title="<b>x</b>", pages=[text])
    Chunk.objects.update(section="<i>y</i>", hint="<u>z</u>")
    for query in ({}, {"q": "script"}, {"q": "<b>q</b>"}):
        page = client.get(address(document), query).content
        for markup in (b"<script>alert", b"<b>x</b>", b"<i>y</i>", b"<u>z</u>", b"<b>q</b>"):
            assert markup not in page


def test_passages_begin_with_their_number_and_overlap_visibly(handbook):
    text = "Title\nAlpha beta gamma\n\nDelta epsilon"
    version = ready_document(handbook, pages=[text]).versions.get()
    Chunk.objects.all().delete()
    chunk(version, 0, 6, 22)
    chunk(version, 1, 17, len(text))
    Page.objects.update(headings=[[1, 0, "Title"]])
    page, chunks = version.pages.get(), list(version.chunks.all())
    title, first, second = text_blocks(page, chunks, [(6, 11)])
    assert title.level == 2
    assert '<span class="outside">Title</span>' in title.html
    assert '<mark>Alpha</mark></span><span class="piece" data-tone="a"' in first.html
    assert 'data-tone="ab" data-passages="1 2">gamma</span>' in first.html
    assert first.html.count('class="piece-number"') == 2
    assert 'data-tone="b" data-passages="2">Delta epsilon</span>' in second.html
    assert "piece-number" not in second.html


def test_passages_stand_on_the_original_where_their_words_do(handbook, erin):
    version = ready_document(handbook, pages=["Alpha beta"]).versions.get()
    page = version.pages.get()
    words = [PlacedWord(0, 5, Box(50, 700, 90, 712)), PlacedWord(6, 10, Box(95, 700, 130, 712))]
    PageWords.objects.create(page=page, packed=pack(words))
    (box,) = passage_boxes(page, list(version.chunks.all()), words_placed_on(erin, page))
    assert (box.x, box.y, box.width, box.height) == ("50", "130", "80", "12")
    PageWords.objects.update(packed=b"not what was packed")
    assert words_placed_on(erin, page) == []


def test_words_are_found_in_a_document_whatever_case_accents_and_hyphens(handbook, client):
    pages = ["Les con-\ngés payés. Les Conges.", "Rien ici.", "CONGÉS encore."]
    document = ready_document(handbook, pages=pages)
    response = client.get(address(document), {"q": "congés", "page": "1"})
    found = [(each.number, each.times) for each, _url in response.context["found_pages"]]
    assert found == [(1, 2), (3, 1)]
    assert response.context["next_found"] == "?q=cong%C3%A9s&page=3"
    assert response.context["previous_found"] == ""
    assert "<mark>" in response.content.decode()
    assert "stands nowhere" in client.get(address(document), {"q": "canteen"}).content.decode()
    assert client.get(address(document), {"q": "…"}).context["found_pages"] == []


def test_a_scanned_page_says_how_sure_its_reading_is(handbook, client):
    document = ready_document(handbook, pages=["Clear.", "Smudged.", ""])
    Page.objects.filter(number=1).update(ocr_confidence=0.96)
    Page.objects.filter(number=2).update(ocr_confidence=0.52)
    page = client.get(address(document), {"page": "2"}).content.decode()
    assert "Read by OCR, 52 % sure" in page
    whole = client.get(reverse("backoffice:document", args=[document.pk])).content.decode()
    assert "2 pages were read by OCR, 74 % sure on average and 52 % at worst." in whole
    assert "1 page holds no text:" in whole


def test_the_file_of_any_version_is_shown_to_its_curators_a_pdf_in_place(handbook, client):
    version = failed_document(handbook).versions.get()
    url = reverse("backoffice:version_file", args=[version.pk])
    response = client.head(url)
    assert response.status_code == 200
    assert response.headers["Content-Length"] == str(version.bytes)
    assert response.headers["Content-Disposition"].startswith("inline")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    version.media_type = "text/html"
    version.save()
    saved = client.head(url)
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in saved.headers["Content-Security-Policy"]


@pytest.mark.parametrize("who", ["bob", "charlie", "dana"])
def test_what_was_read_is_nothing_to_who_does_not_curate(who, handbook, foreign_corpus, request):
    """bob may read the document, but not look into how it was read."""
    user = request.getfixturevalue(who)
    version = ready_document(handbook, pages=["Secret words."]).versions.get()
    page = version.pages.get()
    PageWords.objects.create(page=page, packed=pack([PlacedWord(0, 6, Box(1, 1, 9, 9))]))
    assert pages_holding(user, version, "secret") == []
    assert not passages_curated_by(user, version).exists()
    assert words_placed_on(user, page) == []
    assert read_summary(user, version).pages == 0
    with pytest.raises(NotFound):
        get_page_for_curator(user, version, 1)


def test_a_deleted_document_is_not_looked_into(handbook, client):
    document = ready_document(handbook)
    version = document.versions.get()
    document.deleted_at = document.created_at
    document.save()
    assert client.get(address(document)).status_code == 404
    assert client.get(reverse("backoffice:version_file", args=[version.pk])).status_code == 404


def test_a_page_costs_the_same_queries_however_long_the_document_is(handbook, client):
    def queries(document):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(document), {"q": "page"}).status_code == 200
        return len(captured)

    short = ready_document(handbook, title="Short", pages=["A page."])
    long = ready_document(handbook, title="Long", pages=["A page."] * 40)
    client.get(address(short))
    assert queries(long) <= queries(short) <= 17


def test_a_document_without_a_file_says_so(handbook, client):
    document = make_document(handbook, "Empty")
    assert "This document has no file." in client.get(address(document)).content.decode()
