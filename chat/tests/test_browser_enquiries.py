"""Asking people, and approved answers, in Chromium."""

from __future__ import annotations

import threading

from playwright.sync_api import Page, expect

from accounts.models import User
from ai.providers.scripted import ScriptedModel
from chat import live
from chat.inbox import reply_to
from chat.models import Enquiry
from chat.tests.browser import WAIT_S, Site, model, rules, site, visit
from documents.approved_services import ApprovedDraft, save_approved
from documents.models import Corpus
from documents.models import Page as DocumentPage
from documents.spans import Span

__all__ = ["model", "rules", "site", "visit"]

NOWHERE = "zebra crossings"
ASKED = "how many annual leave days"


def approve_leave(erin: User, rules: Corpus) -> None:
    page = DocumentPage.objects.get(version__document__corpus=rules, number=2)
    start = page.text.index("Every employee")
    draft = ApprovedDraft(
        corpus=rules.pk,
        question="How many days of annual leave are there?",
        text="There are 25 [1].",
        passages={1: Span(page.version_id, 2, start, start + 40)},
        owner=erin,
    )
    save_approved(by=erin, draft=draft, approve=True)


def wait_for_tabs(user: User, count: int) -> None:
    """A tab that has not come yet shows what there is when it is loaded."""
    for _ in range(WAIT_S * 100):
        if len(live._tabs.get(user.pk, ())) == count:
            return
        threading.Event().wait(0.01)
    raise AssertionError(f"{user} has not {count} tabs open")


def test_a_question_that_found_nothing_is_sent_and_the_reply_appears_by_itself(
    visit: Page, site: Site, rules: Corpus, erin: User
) -> None:
    visit.goto(f"{site.url}/search/?q={NOWHERE}")
    visit.get_by_label("Note").fill("For a newcomer.")
    visit.get_by_role("button", name="Send the question").click()
    sent = visit.locator("[data-search-answer] [data-enquiry]")
    expect(sent).to_contain_text("Sent to Erin")
    expect(visit.get_by_label("Note")).to_be_hidden()
    enquiry = Enquiry.objects.get()
    assert enquiry.note == "For a newcomer."
    reply_to(by=erin, enquiry=enquiry, text="There are none.")
    expect(sent).to_contain_text("There are none.")
    visit.reload()
    expect(sent).to_contain_text("There are none.")


def test_in_the_chat_a_reply_appears_under_its_answer(
    visit: Page, site: Site, rules: Corpus, bob: User, erin: User
) -> None:
    visit.goto(f"{site.url}/chat/")
    visit.get_by_label("Your question").fill(NOWHERE)
    visit.get_by_label("Your question").press("Enter")
    visit.get_by_role("link", name="Ask the people in charge").click()
    expect(visit.get_by_role("button", name="Send the question")).to_be_visible()
    wait_for_tabs(bob, 0)  # of the page that was left
    visit.get_by_role("button", name="Send the question").click()
    turn = visit.locator("[data-turn]")
    expect(turn).to_contain_text("Sent to Erin")
    wait_for_tabs(bob, 1)
    reply_to(by=erin, enquiry=Enquiry.objects.get(), text="There are none.")
    expect(turn).to_contain_text("There are none.")


def test_an_approved_answer_gives_way_to_the_documents_and_stays_away_after_a_reload(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus, erin: User
) -> None:
    approve_leave(erin, rules)
    model.enqueue("Twenty-five, says the page [1].")
    visit.goto(f"{site.url}/search/?q={ASKED}")
    answer = visit.locator("[data-search-answer] [data-answer-text]")
    expect(answer).to_contain_text("There are 25")
    expect(visit.locator("[data-approved]")).to_contain_text("by Erin, reviewed on")
    visit.get_by_role("button", name="Ask the documents instead").click()
    expect(answer).to_contain_text("says the page")
    expect(visit.locator("[data-approved]")).to_be_hidden()
    visit.reload()
    expect(answer).to_contain_text("says the page")
    assert len(model.requests) == 1
