"""Versions, continuing and several tabs in Chromium, over the real socket."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.sync_api import Page, expect

from ai.providers.scripted import ScriptedModel
from chat.models import Conversation, Message
from chat.tests.browser import Site, model, rules, site, visit
from documents.models import Corpus

__all__ = ["model", "rules", "site", "visit"]

pytestmark = pytest.mark.browser

QUESTION = "How many days of annual leave are there?"
OTHER = "How many days of telework are there a week?"


def ask(page: Page, text: str = QUESTION) -> None:
    page.get_by_label("Your question").fill(text)
    page.get_by_label("Your question").press("Enter")


def turn(page: Page, number: int = -1):
    return page.locator("[data-turn]").nth(number)


def answer(page: Page, number: int = -1):
    return turn(page, number).locator("[data-answer-text]")


def answered(page: Page, text: str) -> None:
    expect(answer(page)).to_have_text(text, use_inner_text=True)
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()


def place(page: Page, kind: str):
    return turn(page).locator(f'[data-versions="{kind}"]')


def test_regenerating_keeps_the_first_answer_and_one_steps_between_them(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    model.enqueue("Twenty-five [1].")
    model.enqueue("It is twenty-five [1].")
    visit.goto(f"{site.url}/chat/")
    ask(visit)
    answered(visit, "Twenty-five1.")
    expect(place(visit, "answer")).to_be_hidden()
    turn(visit).get_by_role("button", name="Regenerate").click()
    answered(visit, "It is twenty-five1.")
    expect(visit.locator("[data-turn]")).to_have_count(1)
    expect(place(visit, "answer")).to_contain_text("2 of 2")
    place(visit, "answer").get_by_role("button", name="Previous version").focus()
    visit.keyboard.press("Enter")
    answered(visit, "Twenty-five1.")
    expect(place(visit, "answer")).to_contain_text("1 of 2")
    expect(place(visit, "answer").get_by_role("button", name="Next version")).to_be_focused()
    expect(visit.locator("[data-thread-said]")).to_have_text("Version 1 of 2")
    visit.reload()
    answered(visit, "Twenty-five1.")
    visit.keyboard.press("Tab")
    place(visit, "answer").get_by_role("button", name="Next version").click()
    answered(visit, "It is twenty-five1.")


def test_an_edited_question_is_a_version_of_it(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    for text in ("Twenty-five [1].", "More of it [1].", "Two days [1]."):
        model.enqueue(text)
    model.enqueue_completion(QUESTION)
    visit.goto(f"{site.url}/chat/")
    ask(visit)
    answered(visit, "Twenty-five1.")
    ask(visit, "And how many days of leave then?")
    answered(visit, "More of it1.")
    turn(visit, 0).get_by_role("button", name="Edit").click()
    field = visit.get_by_label("The question in other words")
    expect(field).to_be_focused()
    expect(field).to_have_value(QUESTION)
    field.press("Escape")
    expect(field).to_have_count(0)
    expect(turn(visit, 0).get_by_role("button", name="Edit")).to_be_focused()
    visit.keyboard.press("Enter")
    field.fill(OTHER)
    field.press("Enter")
    answered(visit, "Two days1.")
    expect(visit.locator("[data-turn]")).to_have_count(1)
    expect(turn(visit).locator("[data-question]")).to_have_text(OTHER)
    expect(place(visit, "question")).to_contain_text("2 of 2")
    place(visit, "question").get_by_role("button", name="Previous version").click()
    expect(visit.locator("[data-turn]")).to_have_count(2)
    answered(visit, "More of it1.")


def test_a_stopped_answer_goes_on_where_it_stopped(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    gate = asyncio.Event()
    model.enqueue("There are [1] twenty", asyncio.Event())
    model.enqueue("twenty-five", gate, " days.")
    visit.goto(f"{site.url}/chat/")
    ask(visit)
    expect(answer(visit)).to_have_text("There are1 twenty", use_inner_text=True)
    visit.keyboard.press("Escape")
    visit.get_by_text("You stopped this answer.").wait_for()
    visit.reload()
    visit.get_by_role("button", name="Continue").click()
    expect(answer(visit)).to_have_text("There are1 twenty-five", use_inner_text=True)
    visit.reload()
    expect(answer(visit)).to_have_text("There are1 twenty-five", use_inner_text=True)
    site.open_gate(gate)
    answered(visit, "There are1 twenty-five days.")
    expect(place(visit, "answer")).to_contain_text("2 of 2")
    expect(visit.get_by_role("button", name="Continue")).to_be_hidden()


def test_a_refused_version_leaves_the_thread_as_it_was(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus, settings
) -> None:
    model.enqueue("Twenty-five [1].")
    visit.goto(f"{site.url}/chat/")
    ask(visit)
    answered(visit, "Twenty-five1.")
    settings.QUESTIONS_PER_MINUTE = 1
    turn(visit).get_by_role("button", name="Regenerate").click()
    expect(visit.get_by_text("You have asked many questions in a minute.")).to_be_visible()
    answered(visit, "Twenty-five1.")
    expect(visit.locator("[data-turn]")).to_have_count(1)
    expect(visit.get_by_label("Your question")).to_have_value("")


def test_what_one_tab_does_appears_in_the_other(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    gate = asyncio.Event()
    model.enqueue("Twenty-five", gate, " days [1].")
    model.enqueue("It is twenty-five [1].")
    other = visit.context.new_page()
    other.goto(f"{site.url}/chat/")
    visit.goto(f"{site.url}/chat/")
    ask(visit)
    entry = other.locator("aside [data-conversation-entry]")
    expect(entry).to_have_count(1)
    expect(entry.locator("[data-conversation-title]")).to_have_text(QUESTION)
    expect(visit.locator("aside [data-conversation-entry]")).to_have_count(1)
    entry.locator("a").first.click()
    expect(answer(other)).to_have_text("Twenty-five", use_inner_text=True)
    site.open_gate(gate)
    for tab in (visit, other):
        answered(tab, "Twenty-five days1.")
    turn(visit).get_by_role("button", name="Regenerate").click()
    for tab in (visit, other):
        answered(tab, "It is twenty-five1.")
        expect(place(tab, "answer")).to_contain_text("2 of 2")
        expect(tab.locator("[data-turn]")).to_have_count(1)
    place(other, "answer").get_by_role("button", name="Previous version").click()
    for tab in (visit, other):
        answered(tab, "Twenty-five days1.")
    other.goto(f"{other.url}?rename=1")
    other.get_by_label("Name of the conversation").fill("Holidays")
    other.get_by_role("button", name="Rename").click()
    expect(visit.locator("[data-chat-title]")).to_have_text("Holidays")
    expect(visit).to_have_title(re.compile("^Holidays"))
    titles = visit.locator("aside [data-conversation-title]")
    expect(titles).to_have_text(["Holidays"])
    other.get_by_role("button", name="Pin the conversation").click()
    expect(visit.locator('aside [data-conversations-group="pinned"]')).to_contain_text("Holidays")
    other.locator("aside [data-conversation-entry] summary").click()
    other.get_by_role("button", name="Delete").click()
    expect(visit).to_have_url(re.compile(r"/chat/\?deleted="))
    expect(visit.get_by_role("button", name="Undo")).to_be_visible()
    assert Message.objects.count() == 3
    assert Conversation.objects.get().deleted_at


def test_a_question_asked_in_another_tab_is_written_here_too(
    visit: Page, site: Site, model: ScriptedModel, rules: Corpus
) -> None:
    gate = asyncio.Event()
    model.enqueue("Twenty-five [1].")
    model.enqueue("Two", gate, " days [1].")
    model.enqueue_completion(OTHER)
    visit.goto(f"{site.url}/chat/")
    ask(visit)
    answered(visit, "Twenty-five1.")
    other = visit.context.new_page()
    other.goto(visit.url)
    other.get_by_label("Your question").fill("A draft")
    ask(visit, OTHER)
    expect(answer(other)).to_have_text("Two", use_inner_text=True)
    expect(other.get_by_role("button", name="Stop")).to_be_visible()
    site.open_gate(gate)
    for tab in (visit, other):
        answered(tab, "Two days1.")
        expect(tab.locator("[data-turn]")).to_have_count(2)
    expect(other.get_by_label("Your question")).to_have_value("A draft")
