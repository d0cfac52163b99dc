"""The search page as the server renders it."""

from __future__ import annotations

import json
import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from chat.models import Conversation, Message
from chat.services import continue_in_chat
from chat.tests.test_pages_chat import ask
from documents.models import Corpus, Document
from documents.tests.builders import make_corpus
from documents.tests.pipeline import bring_online

LEAVE = (
    "# Leave\n\nEmployees have 25 days of annual leave.\n\n"
    "# Carrying over\n\nAnnual leave is carried over until May.\n\n"
    "# Sickness\n\nSickness does not use up annual leave.\n\n"
    "# Unpaid\n\nUnpaid leave follows when annual leave is used up.\n\n"
    "# Hostile\n\nLeave <script>alert('leave')</script> & annual leave.\n"
)


@pytest.fixture
def rules(transactional_db: None, erin: User, handbook: Corpus) -> None:
    bring_online(erin, handbook, "leave.md", LEAVE)
    bring_online(erin, handbook, "telework.txt", "Annual telework: two days a week.")


@pytest.fixture
def page(bob: User, client: Client):
    client.force_login(bob)

    def get(**query: Any) -> str:
        response = client.get(reverse("chat:search"), query)
        assert response.status_code == 200
        return response.content.decode()

    return get


def words(html: str) -> str:
    """The text of a page, as one reads it."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_passages_are_grouped_by_document_with_the_words_marked(page, rules) -> None:
    html = page(q="annual leave")
    assert html.count('aria-labelledby="group-') == 2
    assert "<mark>annual</mark> <mark>leave</mark>" in html
    assert "6 passages in 2 documents" in words(html)


def test_a_result_says_until_when_it_is_in_force(page, rules) -> None:
    assert "In force until" not in words(page(q="annual leave"))
    Document.objects.filter(title="Leave").update(valid_until=date(2999, 6, 30))
    assert words(page(q="annual leave")).count("In force until June 30, 2999") == 1


def test_what_is_no_longer_in_force_is_not_among_the_results(page, rules) -> None:
    Document.objects.filter(title="Leave").update(valid_until=date(2020, 12, 31))
    html = page(q="annual leave")
    assert html.count('aria-labelledby="group-') == 1
    assert "25 days" not in html


def test_beyond_three_passages_of_a_document_the_rest_is_folded(page, rules) -> None:
    html = page(q="annual leave")
    assert "2 more passages of this document" in words(html)


def test_what_a_document_says_stays_text(page, rules) -> None:
    html = page(q="annual leave script")
    assert "alert(&#x27;" in html
    assert "<script>alert" not in html


def test_a_result_opens_the_document_with_its_passage(page, rules) -> None:
    html = unescape(page(q="carried over until May"))
    assert re.search(
        r'href="/documents/[-0-9a-f]+/\?version=[-0-9a-f]+&page=2&start=\d+&end=\d+"', html
    )


def test_facets_count_what_was_found_and_narrow_the_search(page, rules) -> None:
    assert re.search(r"Markdown.*?5.*?TXT.*?1", words(page(q="annual leave")))
    html = page(q="annual leave", type="txt")
    assert "1 passage in 1 document" in words(html)
    assert re.search(r'value="txt"[^>]*checked', html)


def test_a_corpus_that_is_not_open_is_not_searched_in_silence(
    client: Client, bob: User, handbook: Corpus, organisation
) -> None:
    make_corpus(organisation, "Secret")
    client.force_login(bob)
    assert client.get("/search/", {"q": "leave", "corpus": "secret"}).status_code == 404
    assert client.get("/search/secret/").status_code == 404
    assert client.get("/search/handbook/").status_code == 200


@pytest.mark.parametrize("query", [{"type": "exe"}, {"corpus": "../etc"}, {"q": "x" * 4001}])
def test_a_wrong_address_is_refused_with_a_sentence(client: Client, bob: User, query) -> None:
    client.force_login(bob)
    assert client.get("/search/", {"q": "leave", **query}).status_code == 400


def test_the_answer_is_asked_for_within_the_filters(page, rules, handbook: Corpus) -> None:
    html = page(q="annual leave", corpus="handbook", type="markdown")
    asking = json.loads(re.findall(r'id="asking"[^>]*>(.*?)<', html)[0])
    assert asking == {
        "text": "annual leave",
        "corpora": [str(handbook.pk)],
        "media_types": ["text/markdown"],
    }


def test_where_nothing_answers_the_nearest_say_what_they_lack(page, rules) -> None:
    html = page(q="leave chromodynamics gluons quarks")
    assert "I found no passage that answers" in words(html)
    assert "Says nothing of: chromodynamics, gluons, quarks." in words(html)
    assert "Words leave, chromodynamics, gluons, quarks Corpora Handbook" in words(html)


def test_without_any_passage_the_page_says_so(page, handbook: Corpus) -> None:
    assert "None of the documents open to you holds these words." in words(page(q="gluons"))


def test_the_number_of_queries_does_not_grow_with_the_results(
    client: Client, bob: User, rules, django_assert_num_queries
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(bob)
    client.get("/search/", {"q": "telework"})
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/search/", {"q": "telework"})
    with django_assert_num_queries(len(few)):
        client.get("/search/", {"q": "annual leave telework sickness"})


def test_the_home_shows_corpora_and_the_latest_searches(
    client: Client, bob: User, charlie: User, rules
) -> None:
    for text in ("How many days?", "Until when?", "How many days?"):
        ask(bob, text, kind="search")
    client.force_login(bob)
    html = client.get("/search/").content.decode()
    assert "2 documents" in words(html)
    assert html.count("?q=How%20many%20days%3F") == 1
    assert html.index("How many days") < html.index("Until when")
    client.force_login(charlie)
    html = client.get("/search/").content.decode()
    assert "Handbook" not in html
    assert "How many days" not in html


def test_a_corpus_welcomes_with_its_own_words(client: Client, bob: User, handbook: Corpus) -> None:
    Corpus.objects.filter(pk=handbook.pk).update(welcome_message="Ask <b>anything</b>.")
    client.force_login(bob)
    html = client.get("/search/handbook/").content.decode()
    assert "Ask &lt;b&gt;anything&lt;/b&gt;." in html
    assert re.search(r'value="handbook" selected', html)


def test_a_search_goes_on_as_a_conversation(client: Client, bob: User) -> None:
    asked = ask(bob, "How many?", kind="search")
    Message.objects.filter(pk=asked.answer.pk).update(
        status=Message.Status.DONE, text="Twenty-five days."
    )
    client.force_login(bob)
    response = client.post(reverse("chat:continue", args=[asked.conversation.pk]), follow=True)
    assert "Twenty-five days." in response.content.decode()
    asked.conversation.refresh_from_db()
    assert asked.conversation.kind == Conversation.Kind.CHAT
    assert continue_in_chat(bob, asked.conversation.pk).pk == asked.conversation.pk
