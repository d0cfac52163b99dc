from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from chat.models import Conversation, Message
from documents.tests.builders import failed_document, make_document, make_version, ready_document


def table(response):
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in response.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def get(client, name, **query):
    return client.get(reverse(f"backoffice:{name}"), query)


@pytest.fixture
def client(alice, signed_in):
    return signed_in(alice)


def test_documents_are_exported_as_filtered_with_their_reason(handbook, client):
    ready_document(handbook, title="Congés", pages=["a", "b"])
    failed_document(handbook, title="Broken")
    head, *rows = table(get(client, "documents_export"))
    assert head[:4] == ["Title", "File", "Corpus", "State"]
    assert {row[0]: row[3] for row in rows} == {"Congés": "Online", "Broken": "Failed"}
    _head, broken = table(get(client, "documents_export", state="failed"))
    assert "is damaged" in broken[-1]


def test_all_pages_of_a_list_are_exported(handbook, client):
    for _ in range(30):
        ready_document(handbook, pages=["x"])
    assert len(table(get(client, "documents_export", page="2"))) == 31


def test_a_title_never_becomes_a_formula(handbook, client):
    make_version(make_document(handbook, "=SUM(A1:A9)", source_path="+x.pdf"))
    _head, row = table(get(client, "documents_export"))
    assert row[:2] == ["'=SUM(A1:A9)", "'+x.pdf"]


def test_people_teams_and_corpora_are_exported(handbook, client, bob):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    people = {row[0]: row for row in table(get(client, "people_export"))[1:]}
    assert people["Alice"][1:3] == ["alice@example.org", "Administrator"]
    assert people["Bob"][4] == "no"
    assert table(get(client, "corpora_export"))[1][0] == "Handbook"
    assert table(get(client, "teams_export")) == [["Name", "Members"]]


def answer(user, status, *, days_ago=0):
    conversation = Conversation.objects.create(user=user, organisation=user.membership.organisation)
    message = Message.objects.create(
        conversation=conversation, role=Message.Role.ASSISTANT, status=status
    )
    moment = timezone.now() - timedelta(days=days_ago)
    Message.objects.filter(pk=message.pk).update(created_at=moment)


def test_the_overview_counts_the_questions_of_the_organisation(alice, bob, dana, client):
    for status in ("done", "done", "done", "not_found"):
        answer(bob, status)
    answer(bob, "done", days_ago=2)
    answer(bob, "done", days_ago=40)
    answer(dana, "done")
    context = get(client, "overview").context
    today = context["today"]
    assert (today.asked, today.answered, today.not_found) == (4, 3, 1)
    assert (today.answered_percent, today.not_found_percent) == (75, 25)
    assert [day.asked for day in context["days"]] == [4, 0, 1, 0, 0, 0, 0]


def test_a_curator_sees_their_documents_but_no_questions(erin, bob, handbook, signed_in):
    answer(bob, "done")
    failed_document(handbook)
    response = get(signed_in(erin), "overview")
    assert response.context["days"] == []
    page = response.content.decode()
    assert "Questions per day" not in page
    assert "Questions today" not in page
    assert "1 failed file" in page
    assert f"{reverse('backoffice:documents')}?state=failed" in page


def test_the_overview_leads_to_the_documents_of_each_state(handbook, client):
    ready_document(handbook)
    make_version(make_document(handbook, "Plan"))
    states = {state["key"]: state["count"] for state in get(client, "overview").context["states"]}
    assert states == {"online": 1, "working": 1}


def test_an_empty_house_says_what_to_do_first(client):
    page = get(client, "overview").content.decode()
    assert "Create a corpus" in page
    assert "No documents yet." in page
