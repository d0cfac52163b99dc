"""From a question in chat to its replay beside it, on the real server."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from ai.providers.scripted import ScriptedModel
from chat import replays
from chat.models import TurnLog
from chat.tests.browser import Site, model, rules, sign_in, site
from documents.models import Corpus

__all__ = ["model", "rules", "site"]

QUESTION = "How many days of annual leave are there?"


def test_a_question_is_asked_again_beside_the_first_and_a_reload_asks_nothing(
    page: Page,
    site: Site,
    model: ScriptedModel,
    rules: Corpus,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _ask_in_chat(page, site, model, alice, monkeypatch)

    page.goto(f"{site.url}/admin/turns/")
    page.get_by_role("link", name=QUESTION).click()
    gate = asyncio.Event()
    model.enqueue("Twenty", gate, "-five days [1].")
    page.get_by_label("Instructions").fill("Be brief.")
    page.get_by_role("button", name=re.compile("Ask again.*Instructions")).click()
    again = page.locator("#again")
    expect(again).to_contain_text("Being written")
    expect(again).to_contain_text("Twenty")
    page.reload()
    expect(again).to_contain_text("Being written")
    site.open_gate(gate)
    expect(again).to_contain_text("Twenty-five days")
    expect(again).to_contain_text("Answered")
    expect(page.get_by_role("heading", name="As it was answered")).to_be_visible()
    page.reload()
    expect(again).to_contain_text("Twenty-five days")
    assert TurnLog.objects.exclude(replay_of=None).count() == 1
    assert len(model.requests) == 2


def test_what_is_asked_again_is_stopped_from_its_page(
    page: Page,
    site: Site,
    model: ScriptedModel,
    rules: Corpus,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _ask_in_chat(page, site, model, alice, monkeypatch)

    page.goto(f"{site.url}/admin/turns/")
    page.get_by_role("link", name=QUESTION).click()
    model.enqueue("Twenty", asyncio.Event())
    page.get_by_role("button", name=re.compile("Ask again.*Instructions")).click()
    again = page.locator("#again")
    expect(again).to_contain_text("Twenty")
    page.get_by_role("button", name="Stop").click()
    expect(again).to_contain_text("Stopped")
    expect(again).to_contain_text("Twenty")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


def _ask_in_chat(
    page: Page, site: Site, model: ScriptedModel, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "get_chat_model", lambda name: model)
    sign_in(page, site, user)
    model.enqueue("There are twenty-five [1].")
    page.goto(f"{site.url}/chat/")
    page.get_by_label("Your question").fill(QUESTION)
    page.get_by_label("Your question").press("Enter")
    expect(page.locator("[data-answer-text]")).to_contain_text("There are twenty-five")
    expect(page.locator("[data-answer-text]")).not_to_have_attribute("aria-busy", "true")
