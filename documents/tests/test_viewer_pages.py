"""The source viewer as the server renders it: text formats, and PDF with its text behind."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from common.errors import NotFound
from documents import trails
from documents.models import Corpus, CorpusGrant, Document, Page
from documents.reading import blocks_of, marked
from documents.tests.builders import add_pages, make_version, ready_document
from documents.trails import CitedPassage, Trail

PAGES = ["Employees have 25 days.", "Leave is carried over until May.", "Third page."]
TEXT = "text/plain"


@pytest.fixture
def document(handbook: Corpus) -> Document:
    return ready_document(handbook, title="Leave", pages=PAGES, media_type=TEXT)


def address(document: Document) -> str:
    return reverse("documents:source", args=[document.pk])


def get(user: User, document: Document, **query: Any):
    client = Client()
    client.force_login(user)
    return client.get(address(document), query)


def read(user: User, document: Document, **query: Any) -> str:
    response = get(user, document, **query)
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_a_document_opens_on_its_first_page(bob: User, document: Document) -> None:
    html = read(bob, document)
    assert PAGES[0] in html
    assert PAGES[1] not in html
    assert "TXT, 3 sections" in html
    assert "data-viewer-lost hidden" in html


def test_the_cited_characters_are_marked(bob: User, document: Document) -> None:
    html = read(bob, document, page=2, start=9, end=21)
    assert 'Leave is <mark class="cited">carried over</mark> until May.' in html


def test_a_span_that_is_not_of_this_text_is_said_to_be_lost(bob: User, document: Document) -> None:
    html = read(bob, document, page=2, start=9, end=2100)
    assert "<mark" not in html
    assert "data-viewer-lost>The cited passage could not be found on this page" in html


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": "first"},
        {"page": "4"},
        {"version": "x"},
        {"start": "5"},
        {"start": "5", "end": "5"},
        {"start": "-1", "end": "5"},
        {"answer": "x"},
        {"marks": "5-x"},
    ],
)
def test_a_wrong_address_is_refused_and_names_the_field(
    bob: User, document: Document, query: dict[str, str]
) -> None:
    response = get(bob, document, **query)
    assert response.status_code == 400
    assert f"“{list(query)[-1]}”" in response.content.decode() or "start" in query


def test_pages_lead_to_their_neighbours_in_the_same_version(bob: User, document: Document) -> None:
    version = document.versions.get()
    html = read(bob, document, page=2)
    for number in (1, 3):
        assert f'href="{address(document)}?version={version.pk}&page={number}"' in html
    assert "data-viewer-previous>" in html
    assert 'aria-disabled="true"' in read(bob, document, page=3)


def test_a_pdf_gives_the_script_the_quote_and_what_stands_before_it(
    bob: User, handbook: Corpus
) -> None:
    document = ready_document(handbook, title="Scan", pages=PAGES)
    html = read(bob, document, page=2, start=9, end=21)
    data = json.loads(re.findall(r'id="viewer-data"[^>]*>(.*?)</script>', html)[0])
    quotes = [{"before": "Leave is ", "quote": "carried over"}]
    assert data == {"page": 2, "quotes": quotes}
    assert f'data-file="{reverse("documents:file", args=[document.pk])}?version=' in html
    assert 'viewBox="0 0 595 842"' in html
    assert '<mark class="cited">carried over</mark>' in html  # without script


def test_a_page_that_is_turned_takes_its_place_turned(bob: User, handbook: Corpus) -> None:
    document = ready_document(handbook, title="Turned", pages=PAGES)
    Page.objects.filter(version__document=document).update(rotation=90)
    assert 'viewBox="0 0 842 595"' in read(bob, document)


def test_an_earlier_version_is_shown_and_says_so(bob: User, document: Document) -> None:
    old = document.versions.get()
    document.versions.update(live=False)
    new = make_version(document, "ready", live=True, page_count=1, media_type=TEXT)
    add_pages(new, ["Employees have 27 days."])
    assert "27 days" in read(bob, document)
    html = read(bob, document, version=old.pk)
    assert "25 days" in html
    assert "This is an earlier version of the document." in html


def test_what_a_document_says_stays_text(bob: User, handbook: Corpus) -> None:
    document = ready_document(
        handbook, title="<i>T</i>", pages=["<script>alert(1)</script>"], media_type=TEXT
    )
    client = Client()
    client.force_login(bob)
    html = client.get(address(document), {"start": 0, "end": 8}).content.decode()
    assert '<mark class="cited">&lt;script&gt;</mark>alert(1)' in html
    assert "<i>T</i>" not in html


def test_nobody_else_opens_it_and_a_deletion_closes_it(
    bob: User, charlie: User, dana: User, document: Document
) -> None:
    assert get(charlie, document).status_code == 404
    assert get(dana, document).status_code == 404
    assert get(bob, document).status_code == 200
    Document.objects.filter(pk=document.pk).update(deleted_at=timezone.now())
    assert get(bob, document).status_code == 404


def test_a_revoked_right_closes_it(bob: User, document: Document) -> None:
    CorpusGrant.objects.filter(user=bob).delete()
    assert get(bob, document).status_code == 404


# --- the way back to the answer ---------------------------------------------------------------


@pytest.fixture
def trail(document: Document, bob: User, monkeypatch: pytest.MonkeyPatch) -> Trail:
    version = document.versions.get()
    spans = {1: (1, 0, 9), 2: (2, 9, 21), 3: (3, 0, 5)}
    found = Trail(
        question="How many days?",
        url="/chat/x/#answer",
        passages=tuple(
            CitedPassage(
                number=number,
                document=document.pk,
                version=version.pk,
                title="Leave",
                page=page,
                reference=f"p. {page}",
                section="",
                quote="…",
                spans=((start, end),),
                url=f"{address(document)}?version={version.pk}&page={page}&start={start}&end={end}",
            )
            for number, (page, start, end) in spans.items()
        ),
    )

    def finder(user: User, answer: object) -> Trail:
        if user != bob:
            raise NotFound
        return found

    monkeypatch.setattr(trails, "_finder", finder)
    return found


def test_coming_from_an_answer_one_goes_from_citation_to_citation(
    bob: User, document: Document, trail: Trail
) -> None:
    html = read(bob, document, page=2, start=9, end=21, answer=uuid4())
    assert "“How many days?”" in html
    assert f'href="{trail.url}"' in html
    assert "Citation 2 of 3" in html
    assert f'href="{trail.passages[0].url}"' in html
    assert f'href="{trail.passages[2].url}"' in html
    assert re.search(r'aria-current="true">\s*<span class="num num-on">2<', html)


def test_what_an_answer_found_and_did_not_cite_is_not_called_cited(
    bob: User, document: Document, trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trails, "_finder", lambda _user, _answer: replace(trail, passages=()))
    html = read(bob, document, answer=uuid4())
    assert "Found for" in html
    assert f'href="{trail.url}"' in html
    assert "Cited in the answer" not in html
    assert "cited passages" not in html.lower()


def test_turning_a_page_keeps_the_way_back(bob: User, document: Document, trail: Trail) -> None:
    answer = uuid4()
    html = read(bob, document, page=2, start=9, end=21, answer=answer)
    assert f"&answer={answer}&page=3" in html
    assert "3 cited passages" in read(bob, document, page=2, answer=answer)


def test_an_address_that_was_passed_on_opens_without_somebody_elses_answer(
    erin: User, document: Document, trail: Trail
) -> None:
    html = read(erin, document, page=2, start=9, end=21, answer=uuid4())
    assert "How many days?" not in html
    assert '<mark class="cited">carried over</mark>' in html


# --- text ---------------------------------------------------------------------------------------


def test_headings_and_paragraphs_come_out_of_the_text() -> None:
    text = "Rules\n\n## Leave\nTwenty-five days.\n\nMore."
    blocks = blocks_of(text, [(1, 0, "Rules"), (2, 7, "Leave")], [(16, 27)])
    assert [(block.level, str(block.html)) for block in blocks] == [
        (2, "Rules"),
        (3, "Leave"),
        (0, '<mark class="cited">Twenty-five</mark> days.'),
        (0, "More."),
    ]


def test_a_mark_goes_on_over_paragraphs() -> None:
    blocks = blocks_of("One two.\n\nThree four.", [], [(4, 15)])
    assert [str(block.html) for block in blocks] == [
        'One <mark class="cited">two.</mark>',
        '<mark class="cited">Three</mark> four.',
    ]


def test_marks_are_counted_in_code_points_and_never_nest() -> None:
    assert marked("𝒜lpha & beta", [(0, 5), (3, 7), (8, 99)]) == (
        "<mark>𝒜lpha</mark><mark> &amp;</mark> <mark>beta</mark>"
    )
