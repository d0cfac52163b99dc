"""The chat page in Chromium, over the real socket."""

from __future__ import annotations

import asyncio
import re

from playwright.sync_api import Page, expect

from ai.providers.scripted import ScriptedModel
from chat.models import Conversation, Message
from chat.tests.browser import Site, model, rules, site, visit
from documents.models import Corpus
from documents.tests.builders import grant, make_corpus

__all__ = ["model", "rules", "site", "visit"]

QUESTION = "How many days of annual leave are there?"
FIRST, SECOND = "There are twenty-five", " **days** of leave [1]. They are carried over [1]."
WHOLE = "There are twenty-five days of leave1. They are carried over1."


def ask(page: Page, text: str = QUESTION) -> None:
    page.get_by_label("Your question").fill(text)
    page.get_by_label("Your question").press("Enter")


def answer(page: Page, number: int = -1):
    return page.locator("[data-turn]").nth(number).locator("[data-answer-text]")


def test_an_answer_streams_into_the_page_and_gets_an_address(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    gate = asyncio.Event()
    model.enqueue(FIRST, gate, SECOND)
    visit.goto(f"{site.url}/chat/")
    ask(visit)
    expect(answer(visit)).to_have_text("There are twenty-five", use_inner_text=True)
    expect(answer(visit)).to_have_attribute("aria-busy", "true")
    expect(visit.locator("[data-turn] [data-stages] [aria-current]")).to_contain_text("Writing")
    expect(visit).to_have_url(re.compile(r"/chat/[-0-9a-f]{36}/$"))
    entry = visit.locator("[data-conversations] [aria-current=page]").first
    expect(entry).to_have_text(QUESTION)
    expect(visit.get_by_role("button", name="Stop")).to_be_visible()
    site.open_gate(gate)
    expect(answer(visit)).to_have_text(WHOLE, use_inner_text=True)
    expect(answer(visit).locator("strong")).to_have_text("days")
    expect(visit.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    card = visit.locator("aside [data-sources-panel] [data-source='1']")
    expect(card).to_contain_text("twenty-five days of annual leave")
    answer(visit).locator(".cite").first.hover()
    expect(card).to_have_attribute("aria-current", "true")


def test_a_reload_in_mid_answer_shows_it_without_gap_or_double(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    gate = asyncio.Event()
    model.enqueue(FIRST, gate, SECOND)
    visit.goto(f"{site.url}/chat/")
    ask(visit)
    expect(answer(visit)).to_have_text("There are twenty-five", use_inner_text=True)
    visit.reload()
    expect(answer(visit)).to_have_text("There are twenty-five", use_inner_text=True)
    expect(visit.get_by_role("button", name="Stop")).to_be_visible()
    site.open_gate(gate)
    expect(answer(visit)).to_have_text(WHOLE, use_inner_text=True)
    visit.reload()
    expect(answer(visit)).to_have_text(WHOLE, use_inner_text=True)
    assert Message.objects.count() == 2


def test_a_second_tab_sees_the_same_answer(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    gate = asyncio.Event()
    model.enqueue(FIRST, gate, SECOND)
    visit.goto(f"{site.url}/chat/")
    ask(visit)
    expect(answer(visit)).to_have_text("There are twenty-five", use_inner_text=True)
    other = visit.context.new_page()
    other.goto(visit.url)
    expect(answer(other)).to_have_text("There are twenty-five", use_inner_text=True)
    site.open_gate(gate)
    for tab in (visit, other):
        expect(answer(tab)).to_have_text(WHOLE, use_inner_text=True)


def test_stopping_keeps_what_came_and_offers_to_ask_again(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    model.enqueue(FIRST, asyncio.Event())
    visit.goto(f"{site.url}/chat/")
    ask(visit)
    expect(answer(visit)).to_have_text("There are twenty-five", use_inner_text=True)
    visit.keyboard.press("Escape")
    expect(visit.get_by_text("You stopped this answer.")).to_be_visible()
    expect(answer(visit)).to_contain_text("There are twenty-five")
    assert model.closed_early == 1
    visit.reload()
    expect(visit.get_by_text("You stopped this answer.")).to_be_visible()
    visit.get_by_role("button", name="Ask again").click()
    expect(visit.get_by_label("Your question")).to_have_value(QUESTION)


def test_a_citation_opens_the_pdf_on_its_page_with_the_passage_marked(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    model.enqueue(FIRST, SECOND)
    visit.goto(f"{site.url}/chat/")
    ask(visit)
    answer(visit).locator(".cite").first.click()
    expect(visit).to_have_url(re.compile(r"/documents/.*page=2"))
    expect(visit.get_by_label("Page", exact=True)).to_have_value("2")
    marks = visit.locator("[data-viewer-sheet] mark.cited")
    expect(marks.first).to_be_visible()
    marked = " ".join(marks.all_text_contents())
    assert "twenty-five days of annual leave, which are carried over" in marked
    assert visit.locator("canvas.viewer-canvas").first.evaluate(
        """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
            .data.some((value, at) => at % 4 < 3 && value < 128)"""
    )
    expect(visit.locator("[data-viewer-lost]")).to_be_hidden()
    expect(visit.locator("aside").get_by_text(QUESTION)).to_be_visible()
    visit.locator("aside").get_by_role("link", name="Back to the answer").click()
    expect(answer(visit)).to_have_text(WHOLE, use_inner_text=True)


def test_a_follow_up_is_asked_in_the_same_conversation(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    model.enqueue("Twenty-five [1].")
    model.enqueue("Two days [1].")
    model.enqueue_completion("Is telework limited to two days a week?")
    visit.goto(f"{site.url}/chat/")
    ask(visit)
    expect(visit.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    ask(visit, "And telework?")
    expect(answer(visit)).to_have_text("Two days1.", use_inner_text=True)
    expect(visit.locator("[data-turn]")).to_have_count(2)
    assert Conversation.objects.count() == 1


def test_shift_enter_begins_a_line_and_a_draft_survives_a_reload(visit: Page, site: Site) -> None:
    visit.goto(f"{site.url}/chat/")
    field = visit.get_by_label("Your question")
    field.fill("One")
    field.press("Shift+Enter")
    field.press_sequentially("two")
    visit.reload()
    expect(field).to_have_value("One\ntwo")
    expect(visit.locator("[data-turn]")).to_have_count(0)


def test_the_chosen_corpora_go_with_the_question(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus, organisation, bob
) -> None:
    grant(make_corpus(organisation, "Other"), bob)
    model.enqueue("Twenty-five [1].")
    visit.goto(f"{site.url}/chat/")
    expect(visit.get_by_text("All my corpora (2)")).to_be_visible()
    visit.locator("[data-composer] summary", has_text="Corpus").click()
    visit.get_by_role("checkbox", name="Handbook").check()
    visit.get_by_role("checkbox", name="Other").check()
    visit.keyboard.press("Escape")
    visit.get_by_role("button", name="Remove the corpus Other").click()
    expect(visit.get_by_text("All my corpora (2)")).to_be_hidden()
    ask(visit)
    expect(answer(visit)).to_have_text("Twenty-five1.", use_inner_text=True)
    assert list(Conversation.objects.get().corpora.all()) == [rules]


def test_what_nobody_answers_is_said_and_the_question_comes_back(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    visit.goto(f"{site.url}/chat/")
    ask(visit, "Chromodynamics of gluons and quarks in leave?")
    expect(visit.get_by_text("Nothing was found that answers.")).to_be_visible()
    expect(visit.locator("aside [data-source]").first).to_be_visible()
    ask(visit, "x" * 4000)
    expect(visit.locator("[data-turn]")).to_have_count(2)


def test_a_deleted_conversation_comes_back(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    model.enqueue("Twenty-five [1].")
    visit.goto(f"{site.url}/chat/")
    ask(visit)
    expect(visit.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    visit.reload()
    visit.locator("[data-conversations] summary").first.click()
    visit.get_by_role("button", name="Delete").click()
    expect(visit.locator("[data-conversation-entry]")).to_have_count(0)
    visit.get_by_role("button", name="Undo").click()
    expect(answer(visit)).to_have_text("Twenty-five1.", use_inner_text=True)


def test_the_list_is_filtered_while_one_types(visit: Page, site: Site, bob) -> None:
    for title in ("Congés annuels", "Télétravail"):
        organisation = bob.membership.organisation
        Conversation.objects.create(user=bob, organisation=organisation, title=title)
    visit.goto(f"{site.url}/chat/")
    entries = visit.locator("aside [data-conversation-entry]:visible")
    expect(entries).to_have_count(2)
    visit.get_by_label("Find a conversation").first.fill("teletravail")
    expect(entries).to_have_count(1)
    expect(entries).to_have_text(re.compile("Télétravail"))


def test_a_day_is_asked_for_kept_and_taken_away(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    for _ in range(3):
        model.enqueue(FIRST, SECOND)
    model.enqueue_completion(QUESTION)  # the last one follows another
    visit.goto(f"{site.url}/chat/")
    visit.locator("summary", has_text="Day").click()
    visit.get_by_label("As it stood on").fill("2025-03-03")
    chip = visit.locator("[data-day-chip]")
    expect(chip).to_contain_text("As it stood on March 3, 2025")
    ask(visit)
    said = visit.locator("[data-turn] [data-limits]")
    expect(said).to_have_text("Answered as of March 3, 2025")
    expect(answer(visit)).to_have_text(WHOLE, use_inner_text=True)
    visit.get_by_role("button", name="Regenerate").click()
    expect(visit.get_by_text("2 of 2")).to_be_visible()
    expect(said).to_have_text("Answered as of March 3, 2025")
    expect(answer(visit)).to_have_text(WHOLE, use_inner_text=True)
    visit.reload()
    expect(said).to_have_text("Answered as of March 3, 2025")
    expect(chip).to_be_visible()
    chip.get_by_role("button", name="Ask about today again").click()
    expect(chip).to_be_hidden()
    ask(visit)
    expect(answer(visit)).to_have_text(WHOLE, use_inner_text=True)
    expect(said.last).to_be_empty()
    asked = Message.objects.filter(role=Message.Role.USER).order_by("created_at")
    assert [question.filters for question in asked] == [{"as_of": "2025-03-03"}, {}]
