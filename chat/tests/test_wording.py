"""A citation goes to the words that it rests on."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.models import User
from chat.passages import cited_words, passage_views
from chat.tests.turns import first_passage
from chat.wording import claims_of, with_cited_words
from documents.models import Corpus
from documents.tests.builders import ready_document

TEXT = (
    "Employees have 25 days of annual leave. Days that are left in December are carried over "
    "until the end of May. Sickness does not use up leave."
)


@pytest.fixture
def passages(handbook: Corpus):
    document = ready_document(
        handbook, title="Leave", pages=["Cover.", TEXT], media_type="text/plain"
    )
    other = ready_document(handbook, title="Canteen", pages=["It opens at noon."])
    found = [first_passage(document, page=2), first_passage(other)]
    return passage_views(found)


def words(answer: str, passages, number: int = 1) -> str:
    views = with_cited_words(answer, passages, {1, 2})
    return cited_words(views[number - 1])


def test_each_marker_has_what_is_said_before_it() -> None:
    answer = "It is 25 days [1]. It ends in May [2][3], or never [1].\n- Noon. [2]"
    assert [(claim.numbers, claim.text.strip()) for claim in claims_of(answer)] == [
        ((1,), "It is 25 days"),
        ((2, 3), "It ends in May"),
        ((1,), ", or never"),
        ((2,), "- Noon."),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        "The guide says “are carried over until the end of May” [1].",
        "Le guide dit : « are carried over until the end of May » [1].",
        'It says [1] that they "are carried over until the end of May".',
    ],
)
def test_words_between_quotation_marks_are_what_is_cited(answer: str, passages) -> None:
    assert words(answer, passages) == "are carried over until the end of May."


def test_a_quotation_belongs_to_the_marker_behind_it_rather_than_before(passages) -> None:
    answer = "You have 25 days of leave [1], “carried over until the end of May” [1]."
    assert words(answer, passages) == (
        "Employees have 25 days of annual leave. … carried over until the end of May."
    )


def test_where_nothing_is_quoted_the_sentence_that_says_it_is_cited(passages) -> None:
    answer = "Days left in December can be carried over until May [1]."
    assert words(answer, passages).startswith("Days that are left in December")
    assert words("You have 25 days of leave. [1]", passages) == (
        "Employees have 25 days of annual leave."
    )


def test_a_quotation_that_is_not_there_falls_back_to_what_is_said(passages) -> None:
    answer = "They “carry on” their days left in December until May [1]."
    assert words(answer, passages).startswith("Days that are left")


def test_a_number_cited_for_two_things_marks_both(passages) -> None:
    answer = "You have 25 days of leave [1]. Being ill (sickness) does not use up leave [1]."
    assert words(answer, passages) == (
        "Employees have 25 days of annual leave. … Sickness does not use up leave."
    )


def test_wording_that_is_not_found_is_said_to_be_so(passages) -> None:
    view = with_cited_words("Trains are paid by the office [1].", passages, {1})[0]
    assert view.cited == ()
    assert "unlocated=1" in view.url
    assert "start=" not in view.url


def test_passages_that_are_not_cited_stay_as_they_are(passages) -> None:
    assert with_cited_words("You have 25 days of leave [1].", passages, {1})[1] == passages[1]


def opened(user: User, url: str) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(url)
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_the_viewer_marks_only_the_words_cited(bob: User, passages) -> None:
    answer = "You have 25 days of leave [1]. Sickness does not use up leave [1]."
    url = with_cited_words(answer, passages, {1})[0].url
    html = opened(bob, url)
    assert re.findall(r'<mark class="cited">([^<]*)</mark>', html) == [
        "Employees have 25 days of annual leave.",
        "Sickness does not use up leave.",
    ]
    assert parse_qs(urlsplit(url).query)["page"] == ["2"]
    assert "data-viewer-lost hidden" in html


def test_where_the_wording_is_not_found_the_page_opens_unmarked_and_says_so(
    bob: User, passages
) -> None:
    html = opened(bob, with_cited_words("Trains are late [1].", passages, {1})[0].url)
    assert "<mark" not in html
    assert "data-viewer-lost>" in html
    assert "Employees have 25 days" in html
