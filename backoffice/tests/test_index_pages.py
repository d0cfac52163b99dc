"""The page of the search index: live, being built, compared, switched to, the way back."""

from __future__ import annotations

import pytest
from django.urls import reverse

from documents import switching
from documents.building import work_off
from documents.generations import live_generation
from documents.models import IndexGeneration
from documents.retrieval import search
from documents.tests.pipeline import put_online
from evaluation.comparing import run_comparison
from evaluation.models import Comparison, ExpectedPage, Question, QuestionSet

PAGE = "/admin/index/"


@pytest.fixture
def leave(handbook):
    return put_online(handbook, "leave", "Employees have 25 days of annual leave. " * 8)


@pytest.fixture
def smaller(settings):
    settings.SPLIT_CHUNK_SIZE, settings.SPLIT_CHUNK_OVERLAP = 200, 20


@pytest.fixture
def client(signed_in, alice):
    return signed_in(alice)


def text(client) -> str:
    return " ".join(client.get(PAGE).content.decode().split())


def change(client, generation, action) -> str:
    url = reverse("backoffice:index_change", args=[generation.pk, action])
    return client.post(url, follow=True).content.decode()


def built(client) -> IndexGeneration:
    client.post(reverse("backoffice:index_build"))
    generation = IndexGeneration.objects.get(state="building")
    work_off(generation.pk)
    generation.refresh_from_db()
    return generation


def test_it_shows_what_the_live_one_was_made_with(client, leave):
    shown = text(client)
    assert "1 document can be found" in shown
    assert "1000 characters, overlap 100" in shown
    assert "It is made as the settings want it" in shown
    assert "Search index" in client.get("/admin/").content.decode()


def test_it_says_which_settings_differ(client, leave, smaller):
    shown = text(client)
    assert "The settings are others" in shown
    assert ">1000</td>" in shown
    assert ">200</td>" in shown


def test_building_shows_its_progress_until_something_else_can_be_done(client, leave, smaller):
    client.post(reverse("backoffice:index_build"))
    generation = IndexGeneration.objects.get(state="building")
    assert "0 of 1 document" in text(client)
    mark = f"{generation.pk.hex}-building-"
    fragment = client.get(reverse("backoffice:index_progress"), {"mark": mark})
    assert "HX-Refresh" not in fragment.headers
    assert 'hx-trigger="every 1s"' in fragment.content.decode()
    work_off(generation.pk)
    fragment = client.get(reverse("backoffice:index_progress"), {"mark": mark})
    assert fragment.headers["HX-Refresh"] == "true"
    assert "hx-trigger" not in fragment.content.decode()
    assert "Complete" in text(client)


def test_a_second_one_is_refused_with_the_reason(client, leave):
    client.post(reverse("backoffice:index_build"))
    answer = client.post(reverse("backoffice:index_build"), follow=True)
    assert "being built already" in answer.content.decode()


def test_a_failure_is_shown_and_can_be_gone_on_from(client, leave):
    generation = switching.begin()
    IndexGeneration.objects.filter(pk=generation.pk).update(
        paused=True, error_code="embedding-failed", error_params={"model": "e5", "reason": "busy"}
    )
    shown = text(client)
    assert "“e5” did not do its work (busy)" in shown
    assert "Go on" in shown
    change(client, generation, "resume")
    generation.refresh_from_db()
    assert not generation.paused


def test_it_is_switched_to_brought_back_and_removed(client, alice, leave, smaller):
    old = live_generation()
    generation = built(client)
    assert "Search now uses this index" in change(client, generation, "switch")
    assert live_generation() == generation
    assert len(search(alice, "annual leave").passages[0].text) <= 200
    assert "Kept for the way back" in text(client)
    change(client, old, "back")
    assert "On the way back" in text(client)
    change(client, old, "cancel")
    change(client, old, "remove")
    assert "Kept for the way back" not in text(client)


def test_what_is_not_complete_cannot_be_switched_to(client, leave):
    client.post(reverse("backoffice:index_build"))
    generation = IndexGeneration.objects.get(state="building")
    assert "not complete yet" in change(client, generation, "switch")
    assert live_generation() != generation


def test_both_are_compared_on_the_sets_of_questions(client, handbook, leave, smaller):
    generation = built(client)
    url = reverse("backoffice:index_compare", args=[generation.pk])
    assert "questions" in client.post(url, follow=True).content.decode()
    assert not Comparison.objects.exists()  # there is no question yet
    kept = QuestionSet.objects.create(corpus=handbook, name="Days off")
    question = Question.objects.create(question_set=kept, number=1, text="Days of leave?")
    ExpectedPage.objects.create(question=question, document=leave.document, page=1)
    client.post(url)
    assert "Being compared: 0 of 1 questions" in text(client)
    run_comparison(Comparison.objects.get().pk)
    shown = text(client)
    assert "Days off" in shown
    assert "1.000 → <span>1.000</span>" in shown


def test_another_organisations_set_is_not_named_in_it(
    signed_in, dana, alice, handbook, leave, foreign_corpus
):
    for user in (alice, dana):
        user.is_superuser = True
        user.save()
    generation = built(signed_in(alice))
    QuestionSet.objects.create(corpus=handbook, name="Secret set")
    Question.objects.create(question_set=handbook.question_sets.get(), number=1, text="Leave?")
    signed_in(alice).post(reverse("backoffice:index_compare", args=[generation.pk]))
    run_comparison(Comparison.objects.get().pk)
    assert "Secret set" in text(signed_in(alice))
    assert "None of the sets" in text(signed_in(dana))


@pytest.mark.parametrize("who", ["erin", "bob", "charlie", "alice"])
def test_where_there_are_two_organisations_it_is_closed(
    who, request, signed_in, dana, handbook, leave
):
    client = signed_in(request.getfixturevalue(who))
    assert client.get(PAGE).status_code == 403
    generation = switching.begin()
    url = reverse("backoffice:index_change", args=[generation.pk, "cancel"])
    assert client.post(url).status_code == 403
    assert IndexGeneration.objects.get(pk=generation.pk).state == "building"
    assert "/admin/index/" not in client.get("/search/").content.decode()
