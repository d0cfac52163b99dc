"""The search page and the source viewer in Chromium."""

from __future__ import annotations

import asyncio
import re

from playwright.sync_api import Page, expect

from accounts.models import User
from ai.providers.scripted import ScriptedModel
from chat.models import Conversation, Message, TurnLog
from chat.tests.browser import Site, model, rules, sign_in, site, visit
from documents.models import Corpus, PageWords
from documents.tests.pdf_writer import pdf
from documents.tests.pipeline import bring_online

__all__ = ["model", "rules", "site", "visit"]

QUESTION = "days of annual leave"
FIRST, SECOND = "There are twenty-five", " days of leave [1]."
WHOLE = "There are twenty-five days of leave1."


def text_of_answer(page: Page):
    return page.locator("[data-search-answer] [data-answer-text]")


def search(page: Page, site: Site, question: str = QUESTION) -> None:
    page.goto(f"{site.url}/search/")
    page.get_by_label("Your question").fill(question)
    page.get_by_label("Your question").press("Enter")
    page.wait_for_url("**q=**")


def test_the_answer_streams_above_the_passages(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    gate = asyncio.Event()
    model.enqueue(FIRST, gate, SECOND)
    search(visit, site)
    expect(visit.locator("[data-result]").first).to_contain_text("twenty-five days of annual")
    expect(text_of_answer(visit)).to_have_text("There are twenty-five", use_inner_text=True)
    expect(visit.locator("[data-stages] [aria-current]")).to_contain_text("Writing")
    site.open_gate(gate)
    expect(text_of_answer(visit)).to_have_text(WHOLE, use_inner_text=True)
    row = visit.locator("[data-sources] [data-source='1']")
    expect(row).to_contain_text("p. 2")
    expect(visit.get_by_role("button", name="Stop")).to_be_hidden()
    expect(visit.locator("[data-skeleton]")).to_have_count(0)


def test_a_reload_shows_the_same_answer_and_asks_nothing_new(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    gate = asyncio.Event()
    model.enqueue(FIRST, gate, SECOND)
    search(visit, site)
    expect(text_of_answer(visit)).to_have_text("There are twenty-five", use_inner_text=True)
    visit.reload()
    expect(text_of_answer(visit)).to_have_text("There are twenty-five", use_inner_text=True)
    site.open_gate(gate)
    expect(text_of_answer(visit)).to_have_text(WHOLE, use_inner_text=True)
    visit.reload()
    expect(text_of_answer(visit)).to_have_text(WHOLE, use_inner_text=True)
    assert Message.objects.count() == 2


def test_an_answer_that_is_gone_is_asked_for_anew(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    model.enqueue("Old [1].")
    model.enqueue("New [1].")
    search(visit, site)
    expect(text_of_answer(visit)).to_have_text("Old1.", use_inner_text=True)
    while not TurnLog.objects.exists():  # the last that is written of an answer
        visit.wait_for_timeout(20)
    Conversation.objects.all().delete()
    visit.reload()
    expect(text_of_answer(visit)).to_have_text("New1.", use_inner_text=True)


def test_stopping_is_said(visit: Page, site: Site, model: ScriptedModel, rules: Corpus) -> None:
    model.enqueue(FIRST, asyncio.Event())
    search(visit, site)
    expect(text_of_answer(visit)).to_have_text("There are twenty-five", use_inner_text=True)
    visit.get_by_role("button", name="Stop").click()
    expect(visit.get_by_text("You stopped this answer.")).to_be_visible()
    model.enqueue(SECOND)
    visit.get_by_role("button", name="Ask again").click()
    expect(text_of_answer(visit)).to_have_text("days of leave1.", use_inner_text=True)


def test_a_search_goes_on_in_chat(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    model.enqueue(FIRST, SECOND)
    search(visit, site)
    visit.get_by_role("button", name="Continue in chat").click()
    expect(visit).to_have_url(re.compile(r"/chat/[-0-9a-f]{36}/$"))
    expect(visit.locator("[data-turn] [data-answer-text]")).to_have_text(WHOLE, use_inner_text=True)


def test_j_and_k_go_through_the_passages_and_enter_opens_one(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus, erin: User
) -> None:
    bring_online(erin, rules, "more.txt", "Annual leave is also counted in hours.")
    model.enqueue(FIRST, SECOND)
    search(visit, site)
    expect(text_of_answer(visit)).to_have_text(WHOLE, use_inner_text=True)
    on = visit.locator("[data-result][data-on]")
    first = on.text_content()
    visit.locator("main").focus()
    visit.keyboard.press("j")
    assert on.text_content() == first
    visit.keyboard.press("j")
    assert on.text_content() != first
    expect(visit.locator("[data-preview-text]")).to_contain_text("counted in hours")
    visit.keyboard.press("k")
    visit.keyboard.press("Enter")
    expect(visit).to_have_url(re.compile(r"/documents/.*page=2"))


def test_a_box_of_the_facets_applies_at_once(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus, erin: User
) -> None:
    bring_online(erin, rules, "more.txt", "Annual leave is also counted in hours.")
    model.enqueue(FIRST, SECOND)
    model.enqueue("In hours [1].")
    search(visit, site)
    visit.locator("aside").get_by_label("TXT").check()
    expect(visit).to_have_url(re.compile("type=txt"))
    expect(visit.locator("[data-result]")).to_have_count(1)
    expect(text_of_answer(visit)).to_have_text("In hours1.", use_inner_text=True)


def test_where_nothing_answers_nothing_is_invented(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    search(visit, site, "leave chromodynamics gluons quarks")
    expect(visit.get_by_text("I found no passage that answers")).to_be_visible()
    expect(visit.locator("[data-refusal-text]")).to_contain_text("none of them holds the answer")
    expect(text_of_answer(visit)).to_be_hidden()
    visit.get_by_text("What was searched").click()
    expect(visit.get_by_text("leave, chromodynamics, gluons, quarks")).to_be_visible()
    assert model.requests == []


# --- the source viewer ------------------------------------------------------------------------


def open_page(page: Page, site: Site, corpus: Corpus, number: int, quote: str = "") -> None:
    version = corpus.documents.get().versions.get()
    text = version.pages.get(number=number).text
    start = text.index(quote)
    span = f"&start={start}&end={start + len(quote)}" if quote else ""
    page.goto(f"{site.url}/documents/{version.document_id}/?page={number}{span}")
    expect(page.locator("[data-viewer-sheet]")).to_have_attribute("aria-busy", "false")


def test_pages_are_turned_and_enlarged(visit: Page, site: Site, rules: Corpus) -> None:
    open_page(visit, site, rules, 1)
    expect(visit.locator(".viewer-text")).to_contain_text("General rules")
    sheet = visit.locator("[data-viewer-sheet]")
    width = sheet.evaluate("sheet => sheet.clientWidth")
    visit.get_by_role("button", name="Zoom in").click()
    expect(visit.locator("[data-viewer-zoom-value]")).to_have_text("110%")
    assert sheet.evaluate("sheet => sheet.clientWidth") > width * 1.05
    visit.keyboard.press("ArrowRight")
    expect(visit.get_by_label("Page", exact=True)).to_have_value("2")
    expect(visit.locator(".viewer-text")).to_contain_text("Telework")
    visit.get_by_label("Page", exact=True).fill("1")
    visit.get_by_label("Page", exact=True).press("Enter")
    expect(visit.locator(".viewer-text")).to_contain_text("General rules")


def test_a_hyphen_at_a_line_end_does_not_hide_the_quote(
    visit: Page, site: Site, handbook: Corpus, erin: User
) -> None:
    text = "Annual leave is carried over and never for-\nfeited before the end of May."
    bring_online(erin, handbook, "hyphen.pdf", pdf(text))
    open_page(visit, site, handbook, 1, "never forfeited before")
    marks = visit.locator("[data-viewer-sheet] mark.cited").all_text_contents()
    assert marks == ["never for-", "feited before"]


def test_a_quote_that_is_not_on_the_drawn_page_is_said_to_be_lost(
    visit: Page, site: Site, rules: Corpus
) -> None:
    page = rules.documents.get().versions.get().pages.get(number=2)
    page.text = "Words that were never printed on this page at all."
    page.save()
    PageWords.objects.filter(page=page).delete()  # as of a file that was read before they were kept
    open_page(visit, site, rules, 2, "never printed on this page")
    expect(visit.locator("[data-viewer-lost]")).to_be_visible()
    expect(visit.locator("[data-viewer-sheet] mark.cited")).to_have_count(0)


def test_the_words_cited_are_marked_by_boxes_where_they_are_drawn(
    visit: Page, site: Site, rules: Corpus
) -> None:
    open_page(visit, site, rules, 2, "twenty-five days")
    box = visit.locator("[data-viewer-boxes] rect").bounding_box()
    drawn = visit.locator("[data-viewer-sheet] mark.cited").first.bounding_box()
    assert box is not None
    assert drawn is not None
    middle = drawn["x"] + drawn["width"] / 2, drawn["y"] + drawn["height"] / 2
    assert box["x"] <= middle[0] <= box["x"] + box["width"]
    assert box["y"] <= middle[1] <= box["y"] + box["height"]
    assert abs(box["width"] - drawn["width"]) < 0.2 * drawn["width"]


def test_a_pdf_that_cannot_be_drawn_shows_its_text(
    page: Page, site: Site, rules: Corpus, bob: User
) -> None:
    sign_in(page, site, bob)
    version = rules.documents.get().versions.get()
    page.route("**/file?**", lambda route: route.fulfill(status=200, body="no pdf"))
    page.goto(f"{site.url}/documents/{version.document_id}/?page=2&start=0&end=12")
    expect(page.locator("[data-viewer-fallback] mark.cited")).to_have_text("Annual leave")


def test_the_file_is_downloaded_under_its_name(visit: Page, site: Site, rules: Corpus) -> None:
    open_page(visit, site, rules, 1)
    with visit.expect_download() as download:
        visit.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "rules.pdf"
