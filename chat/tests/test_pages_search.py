"""The search page as the server renders it."""

from __future__ import annotations

import json
import re
from datetime import date
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from chat.frames import MAX_FILTER_VALUES
from chat.models import Conversation, Message
from chat.services import continue_in_chat
from chat.tests.test_pages_chat import ask
from documents import ingestion
from documents.models import Corpus, Document, DocumentVersion
from documents.tests.builders import make_corpus
from documents.tests.pipeline import bring_online, upload

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


@pytest.mark.parametrize(
    "query",
    [
        {"type": "exe"},
        {"corpus": "../etc"},
        {"q": "x" * 4001},
        {"as_of": "yesterday"},
        {"as_of": "2025-02-30"},
        {"as_of": "03/03/2025"},
        {"document": "leave"},
        {"language": "de"},
        {"section": "x" * 300},
        {"section": [str(n) for n in range(MAX_FILTER_VALUES + 1)]},
    ],
)
def test_a_wrong_address_is_refused_with_a_sentence(client: Client, bob: User, query) -> None:
    client.force_login(bob)
    assert client.get("/search/", {"q": "leave", **query}).status_code == 400


def test_a_day_that_does_not_exist_is_named(client: Client, bob: User) -> None:
    client.force_login(bob)
    html = client.get("/search/", {"q": "leave", "as_of": "2025-02-30"}).content.decode()
    assert "“as it stood on” is not valid: Enter a valid date." in words(html)


def test_the_answer_is_asked_for_within_the_filters(page, rules, handbook: Corpus) -> None:
    html = page(q="annual leave", corpus="handbook", type="markdown")
    asking = json.loads(re.findall(r'id="asking"[^>]*>(.*?)<', html)[0])
    assert asking == {
        "text": "annual leave",
        "corpora": [str(handbook.pk)],
        "media_types": ["text/markdown"],
    }


def test_every_filter_narrows_the_search_and_can_be_taken_away(page, rules) -> None:
    leave = str(Document.objects.get(title="Leave").pk)
    for name, value, label, count in (
        ("document", leave, "Leave", 5),
        ("language", "en", "English", 6),
        ("section", "Sickness", "Sickness", 1),
        ("type", "txt", "TXT", 1),
        ("corpus", "handbook", "Handbook", 6),
    ):
        html = page(q="annual leave", **{name: value})
        assert re.search(rf'name="{name}" value="{value}"[^>]*checked', html), name
        assert f"{count} passage" in words(html), name
        assert f'aria-label="Remove the filter {label}"' in html
        assert f'name="{name}" value="{value}"' in html[: html.index("<main")]  # the field's form
    html = page(q="annual leave", section="Sickness", type="markdown")
    asking = json.loads(re.findall(r'id="asking"[^>]*>(.*?)<', html)[0])
    assert (asking["sections"], asking["media_types"]) == (["Sickness"], ["text/markdown"])
    chips = re.findall(r'<a href="([^"]+)"[^>]*aria-label="Remove the filter (\w+)"', html)
    assert {label: unescape(url) for url, label in chips} == {
        "Sickness": "/search/?q=annual+leave&type=markdown",
        "Markdown": "/search/?q=annual+leave&section=Sickness",
    }
    assert "None of the documents you chose" in words(page(q="annual leave", section="Nothing"))


def test_a_day_is_searched_as_it_stood(page, rules, erin: User, handbook: Corpus) -> None:
    new = upload(erin, handbook, "leave.md", LEAVE.replace("25", "30"))
    ingestion.ingest(new.pk)
    html = page(q="annual leave")
    assert "<mark>30" not in html
    assert "30 days" in words(html)
    assert "– replaced since" not in html
    html = page(q="annual leave", as_of="2025-03-03")
    assert "25 days" in words(html)
    assert "30 days" not in words(html)
    assert words(html).count("As it stood on March 3, 2025 – replaced since") == 1
    assert "Answered as of March 3, 2025" in words(html)
    assert 'aria-label="Remove the filter As it stood on March 3, 2025"' in html
    assert re.search(r'type="date" name="as_of" value="2025-03-03"', html)
    assert '"as_of": "2025-03-03"' in html
    old = DocumentVersion.objects.get(document__title="Leave", live=False)
    assert re.search(rf'href="/documents/[-0-9a-f]+/\?version={old.pk}&amp;page=1"', html)


def test_today_is_no_filter(client: Client, bob: User, rules) -> None:
    client.force_login(bob)
    today = timezone.localdate().isoformat()
    response = client.get("/search/", {"q": "leave", "type": "txt", "as_of": today})
    assert response.status_code == 302
    assert response.headers["Location"] == "/search/?q=leave&type=txt"
    html = client.get(response.headers["Location"]).content.decode()
    assert f'name="as_of" value="{today}"' in html  # what is searched, in the field


def test_filters_work_without_a_script(page, rules) -> None:
    html = page(q="annual leave")
    plain = html[html.index("<noscript>") : html.index("</noscript>")]
    assert 'action="/search/"' in plain
    assert 'name="section" value="Sickness"' in plain
    assert 'name="as_of"' in plain


@pytest.mark.parametrize("name", ["charlie", "dana"])
def test_what_one_may_not_read_is_filtered_by_as_what_there_is_not(
    client: Client, rules, name: str, request
) -> None:
    """By its document or its corpus: not found, like any other id. By its headings: nothing."""
    client.force_login(request.getfixturevalue(name))
    leave = Document.objects.get(title="Leave")

    def answer(**query: Any) -> tuple[int, str]:
        response = client.get("/search/", {"q": "annual leave", **query})
        text = re.sub(r"Reference \w+", "", words(response.content.decode()))
        return response.status_code, text

    assert answer(document=leave.pk) == answer(document=uuid4())
    assert answer(document=leave.pk)[0] == 404
    assert answer(corpus="handbook") == answer(corpus="nowhere")
    for day in ({}, {"as_of": "2025-03-03"}):
        for narrowed in ({}, {"section": "Sickness"}, {"language": "en"}, {"type": "markdown"}):
            status, text = answer(**narrowed, **day)
            assert status == 200
            assert "annual leave is" not in text
            assert "25 days" not in text
            assert "Handbook" not in text
            assert "Carrying over" not in text


def test_documents_and_sections_are_offered_to_whom_they_are_open(
    client: Client, alice: User, bob: User, erin: User, rules, organisation
) -> None:
    secret = make_corpus(organisation, "Secret")
    bring_online(alice, secret, "plan.md", "# Annual plan\n\nAnnual leave is cut.\n")
    bring_online(alice, secret, "dates.md", "# Dates\n\nAnnual leave of the directors.\n")
    seen = {}
    for user in (alice, bob):
        client.force_login(user)
        seen[user] = client.get("/search/", {"q": "annual leave"}).content.decode()
    for hidden in ("Annual plan", "directors", "Secret"):
        assert hidden in seen[alice]
        assert hidden not in seen[bob]
    closed = Document.objects.filter(corpus=secret).values_list("pk", flat=True)
    assert client.get("/search/", {"q": "leave", "document": str(closed[0])}).status_code == 404


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
