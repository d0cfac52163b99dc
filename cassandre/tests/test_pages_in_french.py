"""No page shows a French reader a word of English that somebody forgot to mark.

Each page is rendered in both languages. What reads the same in both is either somebody's data or
made of words that both languages share; anything else was never translated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from django.http import HttpResponseBase
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse
from django.utils.translation import get_language, override

from accounts.models import Organisation, User
from backoffice.tests.doors import build_house, doors_of
from cassandre.tests.test_translations import PLACEHOLDER, SENTENCES
from chat.frames import Ask
from chat.limits import Limits
from chat.models import Message
from chat.records import record_question
from documents.models import Corpus
from documents.tests.pipeline import bring_online

pytestmark = pytest.mark.once

PLENTY = Limits(questions_per_minute=1000, concurrent_answers=1000)
SHOWN = {"aria-label", "aria-valuetext", "title", "placeholder", "alt"}
# What stands in <pre> is quoted: the prompt of a question.
SILENT = {"script", "style", "textarea", "pre"}
# What the tests themselves have made, names and units; a language is named in itself on its
# button, the roles of a prompt as the model reads them.
DATA = re.compile(
    r"Cassandre|Valmont|Handbook|/srv/Secret|https://Secret/|Secret\.pdf|Secret \w+|secret-\w+\.pdf"
    r"|Alice|Bob|Erin|Gaston|\w+@example\.org"
    r"|notes|\bSW\b|Annual|leave|is \d+ days|How many days|zebras|Twenty-five|It says so|scripted"
    r"|\b(?:CSV|PDF|HTML|Django|Ctrl|TXT|txt|ms|system|user|English|Français)\b"
)
WORD = re.compile(r"[^\W\d_]{2,}")
SHARED = {
    word
    for entry in SENTENCES
    for text in (str(entry), entry.parts.get("msgid_plural", ""))
    for word in WORD.findall(PLACEHOLDER.sub("", text))
    if set(entry.french) <= {entry.parts["msgid"], entry.parts.get("msgid_plural", "")}
}


@pytest.fixture(autouse=True)
def the_language_of_the_suite() -> Iterator[None]:
    """A request leaves its language behind in the thread that the next test runs in."""
    with override(get_language()):
        yield


class Reader(HTMLParser):
    """The texts that a page shows or says."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        self.texts.update(value for name, value in attrs if name in SHOWN and value)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.add(" ".join(data.split()))


def untranslated(english: str, french: str) -> list[str]:
    both = Reader(english).texts & Reader(french).texts
    return sorted(text for text in both if set(WORD.findall(DATA.sub("", text))) - SHARED)


def rendered(user: User | None, url: str, language: str) -> str:
    client = Client(headers={"accept-language": language})
    if user is not None:
        client.force_login(user)
    response = client.get(url)
    assert response.status_code == 200, url
    assert response.headers["Content-Language"] == language
    return response.content.decode()


def is_page(response: HttpResponseBase) -> bool:
    """Verbs answer 405, exports are files."""
    return response.status_code == 200 and "text/html" in response.headers["Content-Type"]


def english_left(user: User | None, urls: list[str]) -> dict[str, list[str]]:
    found = {
        url: untranslated(rendered(user, url, "en"), rendered(user, url, "fr")) for url in urls
    }
    return {url: texts for url, texts in found.items() if texts}


def test_a_forgotten_sentence_is_noticed():
    english, french = "<p>Search</p><p>Do it now</p>", "<p>Recherche</p><p>Do it now</p>"
    assert untranslated(english, french) == ["Do it now"]


@pytest.mark.parametrize("mail_server", ["", "mail.example.org"])
def test_the_doors_of_strangers_are_in_french(db, settings, mail_server):
    settings.EMAIL_HOST = mail_server
    doors = [reverse("account_login")]
    if mail_server:
        spent = {"uidb36": "1", "key": "spent"}
        doors += [reverse(f"account_reset_password{end}") for end in ("", "_done")]
        doors += [reverse("account_reset_password_from_key", kwargs=spent)]
    assert english_left(None, doors) == {}


@pytest.mark.parametrize("code", [400, 403, 404, 413, 429, 500, 503])
def test_an_error_page_is_in_french(code):
    page = {}
    for language in ("en", "fr"):
        with override(language):
            page[language] = get_template(f"{code}.html").render()
    assert untranslated(page["en"], page["fr"]) == []


def test_the_back_office_is_in_french(alice: User, organisation: Organisation, handbook: Corpus):
    doors = doors_of(build_house(organisation, handbook))
    client = Client()
    client.force_login(alice)
    urls = [
        reverse(f"backoffice:{name}", kwargs=door.kwargs)
        for name, door in doors.items()
        if not door.is_file
    ]
    pages = [url for url in urls if is_page(client.get(url))]
    assert len(pages) > 12
    assert english_left(alice, pages) == {}


def test_what_a_curator_sees_is_in_french(erin: User, organisation, handbook: Corpus):
    build_house(organisation, handbook)
    names = ("overview", "corpora", "documents", "work")
    assert english_left(erin, [reverse(f"backoffice:{name}") for name in names]) == {}


@pytest.mark.django_db(transaction=True)
def test_what_a_reader_sees_is_in_french(erin: User, bob: User, handbook: Corpus):
    version = bring_online(erin, handbook, "notes.txt", "Annual leave is 25 days.")
    conversations = [conversation_of(bob, status) for status in Message.Status]
    urls = [
        reverse("account_logout"),
        reverse("chat:search"),
        reverse("chat:search_corpus", args=[handbook.slug]),
        reverse("chat:search") + "?q=Annual+leave&type=txt",
        reverse("chat:search") + "?q=zebras",
        reverse("chat:new"),
        *(reverse("chat:conversation", args=[pk]) for pk in conversations),
        reverse("documents:source", args=[version.document_id]),
    ]
    assert english_left(bob, urls) == {}


def conversation_of(user: User, status: str) -> str:
    frame = Ask(id=uuid4().hex, text="How many days")
    asked = record_question(user, frame, owner="x", language="en", limits=PLENTY)
    Message.objects.filter(pk=asked.answer.pk).update(status=status, text="Twenty-five")
    return str(asked.conversation.pk)
