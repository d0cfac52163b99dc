"""The viewer tells what a document is attached to, and what came with it."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from documents.models import Document
from documents.tests.builders import grant, make_corpus, make_document, ready_document


@pytest.fixture
def mail(handbook):
    return ready_document(handbook, title="Kitchen")


@pytest.fixture
def plan(handbook, mail):
    document = ready_document(handbook, title="The plan")
    Document.objects.filter(pk=document.pk).update(parent=mail)
    document.refresh_from_db()
    return document


def address(document: Document) -> str:
    return reverse("documents:source", args=[document.pk])


def read(user, document: Document) -> str:
    client = Client()
    client.force_login(user)
    return unescape(client.get(address(document)).content.decode())


def test_an_attachment_leads_to_its_mail_and_the_mail_to_it(bob, mail, plan):
    assert f'Attached to <a class="textlink" href="{address(mail)}">Kitchen</a>' in read(bob, plan)
    assert f'href="{address(plan)}">The plan</a>' in read(bob, mail)
    assert "Attached" not in read(bob, ready_document(mail.corpus, title="Alone"))


def test_what_is_not_online_is_not_offered(bob, erin, mail, plan):
    plan.versions.update(live=False)
    make_document(mail.corpus, "Waiting", parent=mail)
    for user in (bob, erin):
        assert "Attached" not in read(user, mail)
    Document.objects.filter(pk=plan.pk).update(deleted_at=None)
    plan.versions.update(live=True)
    mail.versions.update(live=False)
    assert "Attached" not in read(bob, plan)


def test_a_mail_that_is_not_open_to_the_reader_is_not_named(bob, charlie, organisation, mail, plan):
    # No way leads there today: an attachment is in its mail's corpus. It is asked all the same.
    elsewhere = make_corpus(organisation, "Elsewhere")
    grant(elsewhere, charlie)
    Document.objects.filter(pk=plan.pk).update(corpus=elsewhere)
    assert "Kitchen" not in read(charlie, plan)
    assert "The plan" not in read(bob, mail)
