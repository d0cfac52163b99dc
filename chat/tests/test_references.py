"""Results, answers and the source viewer call a page the same."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from accounts.models import User
from chat.frames import PassageView
from chat.passages import citation_view, passage_views, place_of, reference_of
from chat.results import groups_of
from chat.tests.test_pages_chat import cited_passage
from documents.models import Corpus
from documents.retrieval import search
from documents.tests.builders import ready_document
from documents.tests.files import pdf, xlsx
from documents.tests.pipeline import bring_online

SECTIONS = "# Leave\n\nTwenty-five days.\n\n# Telework\n\nTwo days of teleworking a week.\n"
NUMBERED = "0 << /S /r >> 2 << /S /D >>"
FILES: dict[str, tuple[str, str | bytes, str]] = {
    "plain numbers": ("a.pdf", pdf("Preface.", "Two days of teleworking."), "p.\u00a02"),
    "its own": (
        "b.pdf",
        pdf("Cover.", "Two days of teleworking.", "Rest.", labels=NUMBERED),
        "p.\u00a0ii",
    ),
    "shifted": (
        "c.pdf",
        pdf("Cover.", "Preface.", "Two days of teleworking.", labels=NUMBERED),
        "p.\u00a01",
    ),
    "sections": ("d.md", SECTIONS, "§\u00a02"),
}


@pytest.mark.parametrize(("name", "content", "reference"), FILES.values(), ids=FILES)
def test_a_page_has_one_name_everywhere(
    transactional_db: None,
    client: Client,
    bob: User,
    erin: User,
    handbook: Corpus,
    name: str,
    content: str | bytes,
    reference: str,
) -> None:
    bring_online(erin, handbook, name, content)
    found = search(bob, "teleworking").passages

    (group,) = groups_of(found)
    (view,) = passage_views(found)
    client.force_login(bob)
    viewer = unescape(client.get(view.url).content.decode())

    assert group.shown[0].reference == reference
    assert view.reference == citation_view(view).reference == reference
    assert place_of(found[0]) == reference  # what a model is told
    assert re.findall(r"<title>.*, (.*) · ", viewer) == [reference]


def test_what_stands_under_no_heading_goes_by_the_name_of_its_sheet(
    transactional_db: None, bob: User, erin: User, handbook: Corpus
) -> None:
    rows = xlsx(Leave=[["Days"], [25]], Home=[["Days"], ["teleworking"]])
    bring_online(erin, handbook, "days.xlsx", rows)
    (view,) = passage_views(search(bob, "teleworking").passages)
    assert (view.reference, view.section) == ("§\u00a02", "Home")


def test_passages_of_older_answers_keep_the_reference_they_had(handbook: Corpus) -> None:
    document = ready_document(handbook, title="Leave", pages=["Employees have 25 days of leave."])
    old: PassageView = cited_passage(document)
    assert old.reference == ""
    assert reference_of(old) == "p.\u00a01"
