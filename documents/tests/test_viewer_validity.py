"""What the viewer says of documents that are not, or not for ever, in force."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from documents.models import Document, DocumentVersion
from documents.tests.builders import add_pages, make_version, ready_document

DAY = timedelta(days=1)


@pytest.fixture
def document(handbook) -> Document:
    return ready_document(handbook, title="Leave", media_type="text/plain")


def opened(user, document, **query) -> tuple[int, str]:
    client = Client()
    client.force_login(user)
    response = client.get(reverse("documents:source", args=[document.pk]), query)
    return response.status_code, response.content.decode()


def test_an_ended_document_still_opens_and_says_that_it_is_no_longer_in_force(bob, document):
    Document.objects.filter(pk=document.pk).update(valid_until=date(2020, 12, 31))
    status, text = opened(bob, document)
    assert status == 200
    assert "No longer in force since Jan. 1, 2021" in text


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"valid_until": DAY}, "In force until"),
        ({"valid_until": 0 * DAY}, "In force until"),  # the last day counts
        ({"valid_until": -DAY}, "No longer in force since"),
        ({"valid_from": DAY}, "In force from"),
    ],
)
def test_the_viewer_says_from_when_to_when(bob, document, days, said):
    today = timezone.localdate()
    fields = {name: today + distance for name, distance in days.items()}
    Document.objects.filter(pk=document.pk).update(**fields)
    assert said in opened(bob, document)[1]


def test_a_document_without_an_end_says_nothing(bob, document):
    Document.objects.filter(pk=document.pk).update(valid_from=timezone.localdate())
    assert "n force" not in opened(bob, document)[1]


def test_an_earlier_version_says_when_it_was_replaced(bob, document):
    old = document.versions.get()
    DocumentVersion.objects.filter(pk=old.pk).update(live=False, replaced_on=date(2024, 5, 2))
    new = make_version(document, DocumentVersion.State.READY, live=True, page_count=1)
    add_pages(new, ["30 days."])
    text = opened(bob, document, version=old.pk)[1]
    assert "an earlier version of the document, replaced on May 2, 2024." in text


@pytest.mark.parametrize("who", ["charlie", "dana"])
def test_strangers_are_told_no_dates(who, document, request):
    Document.objects.filter(pk=document.pk).update(valid_until=date(2020, 12, 31))
    status, text = opened(request.getfixturevalue(who), document)
    assert status == 404
    assert "2021" not in text
