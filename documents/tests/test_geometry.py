"""Boxes of cited characters: kept from the extraction on, and drawn where the words stand."""

from __future__ import annotations

import re
import zlib
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from documents.folding import fold
from documents.geometry import Box, PlacedWord, as_shown, boxes_of, pack, unpack
from documents.models import Chunk, Corpus, Page, PageWords
from documents.selectors import placed_words_of
from documents.tests.extracting import pages_of
from documents.tests.files import pdf
from documents.tests.pipeline import bring_online

PDF = "application/pdf"
LINES = "Employees have 25 days\nof annual leave.\n\nTelework: two."


def words_in(content: bytes, folder: Path) -> dict[str, Box]:
    (page,) = pages_of(folder, content, PDF)
    return {page.text[word.start : word.end]: word.box for word in unpack(page.words)}


def test_words_are_packed_and_unpacked_as_they_are():
    words = [PlacedWord(0, 3, Box(50, 700, 80, 712)), PlacedWord(700, 705, Box(1, 0, 90, 9))]
    assert list(unpack(pack(words))) == words


@pytest.mark.parametrize("packed", [b"", b"rubbish", zlib.compress(b"odd")])
def test_what_is_not_packed_words_holds_none(packed):
    try:
        assert list(unpack(packed)) == []
    except ValueError:
        assert packed == b"rubbish"


def test_a_bomb_is_not_unpacked():
    packed = zlib.compress(bytes(50_000_000))
    assert sum(1 for _word in unpack(packed)) <= 100_000


def test_letters_are_compared_whatever_stands_between_them():
    one, other = fold("L’of\u00adﬁce é\u0301tait « ouvert »"), fold("l'OFFICE  était ouvert")
    assert one.letters == other.letters == "lofficeetaitouvert"
    assert one.span(1, 7) == (2, 8)


def test_every_word_has_its_place_from_top_to_bottom(tmp_path):
    words = words_in(pdf(LINES), tmp_path)
    assert list(words) == [
        "Employees",
        "have",
        "25",
        "days",
        "of",
        "annual",
        "leave.",
        "Telework:",
        "two.",
    ]
    assert words["Employees"].left == words["of"].left == 50
    assert words["Employees"].right < words["have"].left
    assert words["Employees"].bottom > words["of"].bottom > words["two."].bottom


def test_a_word_broken_at_a_line_end_stands_in_both_lines(tmp_path):
    content = pdf("The committee discusses nego-\ntiation at length.")
    (page,) = pages_of(tmp_path, content, PDF)
    start = page.text.index("negotiation")
    first, second = boxes_of(unpack(page.words), [(start, start + len("negotiation"))])
    assert first.bottom > second.bottom
    assert second.left == 50


def test_words_of_one_line_are_one_box_and_words_between_the_spans_are_none(tmp_path):
    (page,) = pages_of(tmp_path, pdf(LINES), PDF)
    words = list(unpack(page.words))
    whole = boxes_of(words, [(0, len(page.text))])
    assert len(whole) == 3
    ends = boxes_of(words, [(0, 9), (20, 22)])
    assert [box.left for box in ends] == [50, words[3].box.left]
    assert boxes_of(words, []) == []


@pytest.mark.parametrize(
    ("rotation", "expected"),
    [
        (0, (10, 60, 30, 20)),
        (90, (20, 10, 20, 30)),
        (180, (160, 20, 30, 20)),
        (270, (60, 160, 20, 30)),
    ],
)
def test_boxes_turn_with_the_page(rotation, expected):
    box = Box(left=10, bottom=20, right=40, top=40)
    assert as_shown(box, width=200, height=100, rotation=rotation) == expected


@pytest.fixture
def page(transactional_db: None, erin: User, handbook: Corpus) -> Page:
    version = bring_online(erin, handbook, "leave.pdf", pdf("Cover.", LINES))
    return version.pages.get(number=2)


def viewer(user: User, page: Page, **query: Any) -> str:
    client = Client()
    client.force_login(user)
    url = reverse("documents:source", args=[page.version.document_id])
    return unescape(client.get(url, {"page": page.number, **query}).content.decode())


def test_the_viewer_marks_the_cited_words_by_boxes_on_the_page(bob: User, page: Page):
    start = page.text.index("25 days")
    html = viewer(bob, page, start=start, end=start + 7)
    (x, y, width, height) = re.findall(
        r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', html
    )[0]
    box = next(w.box for w in placed_words_of(bob, page) if w.start == start)
    assert (float(x), float(y)) == (box.left, 842 - box.top)
    assert float(width) > box.right - box.left
    assert float(height) == box.top - box.bottom
    assert html.count("<rect x=") == 1


def test_several_marks_are_several_boxes(bob: User, page: Page):
    late = page.text.index("two")
    html = viewer(bob, page, start=0, end=late + 3, marks=f"0-9_{late}-{late + 3}")
    assert html.count("<rect x=") == 2
    assert html.count('<mark class="cited">') == 2


def test_a_page_read_before_words_were_kept_is_left_to_the_script(bob: User, page: Page):
    PageWords.objects.all().delete()
    html = viewer(bob, page, start=0, end=9)
    assert "data-viewer-boxes" not in html
    assert '"quote": "Employees"' in html


def test_places_of_words_are_only_for_readers(bob: User, charlie: User, page: Page):
    assert placed_words_of(bob, page)
    assert placed_words_of(charlie, page) == []


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_every_passage_of_every_page_is_found_in_its_text_and_has_boxes_inside_the_page(
    transactional_db: None, bob: User, erin: User, handbook: Corpus, rotate: int
):
    content = pdf(
        LINES,
        "The committee discusses nego-\ntiation. " + "Leave is granted in writing. \n" * 40,
        "",
        "Congé parental : demande écrite, avant l'été (12,5 %).",
        rotate=rotate,
        size=(500, 700),
        bookmarks=[(1, "Telework", 1)],
    )
    version = bring_online(erin, handbook, "guide.pdf", content)
    pages = {page.number: page for page in version.pages.all()}
    chunks = Chunk.objects.filter(version=version)
    assert {chunk.page for chunk in chunks} == {1, 2, 4}
    for chunk in chunks:
        page = pages[chunk.page]
        assert page.text[chunk.start : chunk.end] == chunk.text
        boxes = boxes_of(placed_words_of(bob, page), [(chunk.start, chunk.end)])
        assert boxes
        for box in boxes:
            assert 0 <= box.left < box.right <= 500
            assert 0 <= box.bottom < box.top <= 700
