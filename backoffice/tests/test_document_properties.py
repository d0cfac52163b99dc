"""Hints and dates of documents, one and many."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from documents.models import Document
from documents.tests.builders import ready_document

JSON = {"Accept": "application/json"}


@pytest.fixture
def client(erin, signed_in):
    return signed_in(erin)


def post(client, name, data, *args, **headers):
    url = reverse(f"backoffice:{name}", args=args)
    return client.post(url, data, headers=headers, follow=not headers)


def test_hints_are_saved_and_the_page_says_that_they_are_being_indexed(handbook, client):
    document = ready_document(handbook)
    response = post(client, "document_hints", {"hints": "page 1: pay scale"}, document.pk)
    text = response.content.decode()
    assert "The hints are saved." in text
    assert "Being indexed again" in text
    assert "page 1: pay scale" in text
    document.refresh_from_db()
    assert (document.hints, document.stale) == ("page 1: pay scale", Document.Stale.VECTORS)


def test_a_wrong_hint_is_named_beside_the_field_which_keeps_what_was_typed(handbook, client):
    document = ready_document(handbook)
    typed = "page 1: pay scale; page 9: beyond"
    text = post(client, "document_hints", {"hints": typed}, document.pk).content.decode()
    assert "in “page 9: beyond”, there is no page 9, the document ends at 1." in text
    assert typed in text
    document.refresh_from_db()
    assert document.hints == ""


def test_dates_are_saved_and_shown_where_they_matter(handbook, client):
    document = ready_document(handbook)
    days = {"valid_from": "2020-01-01", "valid_until": "2020-12-31"}
    text = post(client, "document_validity", days, document.pk).content.decode()
    assert "No longer in force since Jan. 1, 2021" in text
    assert 'value="2020-12-31"' in text
    document.refresh_from_db()
    assert (document.valid_from, document.valid_until) == (date(2020, 1, 1), date(2020, 12, 31))
    listed = client.get(reverse("backoffice:documents")).content.decode()
    assert "No longer in force since Jan. 1, 2021" in listed


def test_an_end_before_the_beginning_is_said_beside_the_field(handbook, client):
    document = ready_document(handbook)
    days = {"valid_from": "2020-12-31", "valid_until": "2020-01-01"}
    text = post(client, "document_validity", days, document.pk).content.decode()
    assert "It ends before it begins." in text
    document.refresh_from_db()
    assert document.valid_from is None


def test_many_documents_get_the_same_dates_or_none_does(handbook, client):
    documents = [ready_document(handbook, title=f"Note {number}") for number in range(3)]
    ids = [str(document.pk) for document in documents]
    days = {"valid_from": "", "valid_until": "2030-06-30"}
    unknown = "00000000-0000-0000-0000-000000000000"
    refused = post(client, "documents_validity", {"document": [*ids, unknown], **days}, **JSON)
    assert refused.status_code == 404
    assert not Document.objects.exclude(valid_until=None).exists()
    answer = post(client, "documents_validity", {"document": ids, **days}, **JSON)
    assert answer.json()["text"] == "The dates of 3 documents are saved."
    assert Document.objects.filter(valid_until=date(2030, 6, 30)).count() == 3


def test_wrong_dates_of_many_are_refused_in_words(handbook, client):
    document = ready_document(handbook)
    days = {"valid_from": "2020-12-31", "valid_until": "2020-01-01"}
    answer = post(client, "documents_validity", {"document": [document.pk], **days}, **JSON)
    assert answer.status_code == 400
    assert "It ends before it begins." in answer.json()["sentence"]
