"""What was read of a file beside the file itself, in Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from chat.tests.browser import sign_in, site
from documents.tests.pdf_writer import pdf
from documents.tests.pipeline import bring_online

__all__ = ["site"]

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_page_as_it_was_read_and_the_file_point_at_the_same_passage(page, site, handbook, erin):
    pages = pdf("General rules of the house", "Telework is limited to two days a week.")
    version = bring_online(erin, handbook, "rules.pdf", pages)
    sign_in(page, site, erin)
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site.url}/admin/documents/{version.document_id}/pages/")
    expect(page.locator("[data-viewer-sheet]")).to_have_attribute("aria-busy", "false")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"page=2"))
    expect(page.locator("[data-viewer-sheet] canvas")).to_have_count(1)
    page.get_by_role("link", name="Passage 2 begins here").hover()
    lit = page.locator("[data-on]")
    expect(lit).to_have_count(3)  # in the text, in the file, in the list
    page.get_by_role("searchbox", name="Words in this document").fill("TELE-WORK")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="“TELE-WORK” stands on 1 page")).to_be_visible()
    expect(page.locator("article mark")).to_have_text("Telework")
    assert complaints == []
