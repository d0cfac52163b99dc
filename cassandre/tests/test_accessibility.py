"""axe on every page, generated from the URL configuration: both languages and themes, phone to
desktop. A URL with a parameter that nobody has a value for fails, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import Organisation, User
from accounts.tests.cast import make_team
from backups.models import BackupRecord
from chat.enquiries import send_enquiry
from chat.inbox import reply_to
from chat.models import Conversation, Message, TurnLog
from chat.tests.browser import Site, sign_in, site
from chat.tests.turns import log_turn, make_replay
from documents.generations import live_generation
from documents.models import Corpus, Document, Source, SourceEntry
from documents.retrieval import SearchResult
from documents.tests.approved import approve
from documents.tests.builders import failed_document, grant, make_corpus, ready_document
from evaluation.measuring import KnownQuestion, measure
from evaluation.models import MeasuredRun, Question, QuestionSet

__all__ = ["site"]

pytestmark = [pytest.mark.browser, pytest.mark.once]

WIDTHS = (360, 768, 1440)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LANGUAGES = ("en", "fr")
STANDARDS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# Django's own admin is Django's own.
NOT_OURS = ("admin",)


def named_urls(patterns: list[URLPattern | URLResolver], spaces: str = "") -> Iterator[URLPattern]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            if entry.namespace in NOT_OURS:
                continue
            inner = f"{spaces}{entry.namespace}:" if entry.namespace else spaces
            yield from named_urls(entry.url_patterns, inner)
        elif entry.name:
            entry.full_name = f"{spaces}{entry.name}"  # type: ignore[attr-defined]
            yield entry


@pytest.fixture
def house(organisation: Organisation, alice: User, bob: User, settings: Any) -> dict[str, object]:
    """Something to show on every page, and a value for every parameter."""
    settings.EMAIL_HOST = "mail.example.org"  # or the pages for a new password would not exist
    corpus: Corpus = make_corpus(organisation, "Rules", welcome_message="How we work.")
    grant(corpus, bob)
    document = ready_document(corpus, title="Leave", pages=["Employees have 25 days.", "More."])
    failed = failed_document(corpus)
    team = make_team(organisation, "Payroll", bob)
    conversation = Conversation.objects.create(
        user=alice, organisation=organisation, title="Days of leave"
    )
    question = Message.objects.create(
        conversation=conversation, role=Message.Role.USER, text="How many days?"
    )
    answer = Message.objects.create(
        conversation=conversation,
        role=Message.Role.ASSISTANT,
        parent=question,
        text="Employees have **25 days**.\n\n* a list\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        status=Message.Status.STOPPED,
    )
    turn = log_turn(alice, [document])
    replay = make_replay(turn, alice)
    TurnLog.objects.filter(pk=turn.pk).update(answer=answer)
    BackupRecord.objects.create(
        name="20260101-030000",
        target="/backup/cassandre",
        state="done",
        encrypted=True,
        files_missing=1,
        finished_at=timezone.now(),
    )
    enquiry = send_enquiry(alice, answer.pk, kind="wrong", note="It was 27.")
    reply_to(by=alice, enquiry=enquiry, text="It is 25.")
    question_set = make_question_set(corpus, document)
    return {
        "uidb36": user_pk_to_url_str(alice),
        "key": default_token_generator.make_token(alice),
        "enquiry": enquiry.pk,
        "approved": approve(alice, corpus, [document]).pk,
        "replay": replay.pk,
        "corpus": corpus.pk,
        "document": document.pk,
        "version": failed.versions.get().pk,
        "person": bob.pk,
        "team": team.pk,
        "grant": corpus.grants.get().pk,
        "entry": corpus.glossary.create(term="RTT", expansions=["rest days"]).pk,
        "question_set": question_set.pk,
        "run": question_set.runs.all()[0].pk,
        "generation": live_generation().pk,
        "source": make_source(corpus, document).pk,
        "action": "pause",
        "slug": corpus.slug,
        "chat:pk": conversation.pk,
        "documents:pk": document.pk,
        "answer": answer.pk,
        "question": question.pk,
    }


def make_source(corpus: Corpus, document: Document) -> Source:
    """With an entry in each state."""
    made = Source.objects.create(
        corpus=corpus,
        kind=Source.Kind.SITEMAP,
        address="https://www.example.org/sitemap.xml",
        every_hours=24,
        state=Source.State.FAILED,
        error_code="source-too-many-entries",
        error_params={"address": "https://www.example.org/sitemap.xml", "limit": 10_000},
        finished_at=timezone.now(),
    )
    Document.objects.filter(pk=document.pk).update(source=made, vanished_at=timezone.now())
    for state in SourceEntry.State.values:
        made.entries.create(
            path=f"https://www.example.org/{state}",
            state=state,
            seen_at=timezone.now(),
            document=document if state == SourceEntry.State.VANISHED else None,
            error_code="source-robots" if state == SourceEntry.State.REFUSED else "",
            error_params={"address": "https://www.example.org/refused"},
        )
    return made


def make_question_set(corpus: Corpus, document: Document) -> QuestionSet:
    """With two measurements of an answerable question and one that is not."""
    made = QuestionSet.objects.create(corpus=corpus, name="Basics")
    days = Question.objects.create(question_set=made, number=1, text="How many days?")
    days.expected.create(document=document, page=1)
    pay = Question.objects.create(question_set=made, number=2, text="Pay?", answerable=False)
    figures = measure(
        [
            KnownQuestion(days.pk, days.text, True, frozenset({(document.pk, 1)})),
            KnownQuestion(pay.pk, pay.text, False, frozenset()),
        ],
        lambda _question: SearchResult("en", (), (), 0.0),
    )
    for _time in range(2):
        made.runs.create(
            threshold=0.35,
            state=MeasuredRun.State.DONE,
            figures=figures.to_json(),
            outcomes=[outcome.to_json() for outcome in figures.outcomes],
        )
    return made


def pages(page: Page, site: Site, house: dict[str, object]) -> list[str]:
    """The addresses of all URLs that a GET answers with a page."""
    beside = f"/admin/turns/{house['answer']}/?replay={house['replay']}"
    tried = f"/admin/workbench/?q=days&document={house['document']}"
    chosen = f"/account/password/reset/key/{house['uidb36']}-{house['key']}/"  # sends further
    spent = "/account/password/reset/key/1-spent/"
    found = ["/search/?q=days", "/no-such-page/", beside, tried, chosen, spent]
    for pattern in named_urls(get_resolver().url_patterns):
        name: str = pattern.full_name  # type: ignore[attr-defined]
        space = name.split(":")[0]
        kwargs = {
            parameter: house.get(parameter, house.get(f"{space}:{parameter}"))
            for parameter in pattern.pattern.regex.groupindex
        }
        assert None not in kwargs.values(), f"{name}: give `house` a value for {kwargs}"
        url = reverse(name, kwargs=kwargs)
        response = page.request.get(f"{site.url}{url}", max_redirects=0)
        if response.status == 200 and "html" in response.headers["content-type"]:
            if "<html" not in response.text():  # a fragment
                continue
            found.append(url)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_any_page(
    page: Page, site: Site, house: dict[str, object], alice: User, language: str
) -> None:
    page.context.add_cookies([{"name": "django_language", "value": language, "url": site.url}])
    violations = visited(page, site, ["/account/login/"])
    sign_in(page, site, alice)
    addresses = pages(page, site, house)
    assert len(addresses) >= 18
    violations += visited(page, site, addresses)
    assert violations == []


def visited(page: Page, site: Site, addresses: list[str]) -> list[str]:
    violations = []
    for address in addresses:
        page.goto(f"{site.url}{address}")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for width in WIDTHS:
                where = f"{address} {scheme} {width}"
                violations += [f"{where}: {what}" for what in faults(page, width)]
    return violations


def faults(page: Page, width: int) -> list[str]:
    page.set_viewport_size({"width": width, "height": 900})
    # As tall as the page: sticky bars then cover nothing by the chance of the scroll.
    height = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(int(height) + 1, 8000)})
    found = [
        f"{violation['id']}: {violation['nodes'][0]['html'][:160]}"
        for violation in Axe().run(page, options=STANDARDS).response["violations"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append("scrolls sideways")
    return found
