"""Who gets into the back office, for every URL that it has."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.apps import apps
from django.test import Client

from accounts.tests.cast import make_person
from backoffice.tests.doors import ADMINS, CURATORS, LISTS, OPERATORS, build_house, doors_of
from backoffice.urls import urlpatterns
from documents.models import CorpusGrant
from documents.tests.builders import grant, make_corpus, ready_document

NAMES = sorted(str(pattern.name) for pattern in urlpatterns)
# What a request may change by itself: who it is, and the notices that it left.
UNWATCHED = {"sessions.Session", "contenttypes.ContentType", "auth.Permission"}


def everything() -> dict[str, list[dict[str, object]]]:
    """All rows of all tables: whoever has no right changes none of them."""
    models = [model for model in apps.get_models() if model._meta.label not in UNWATCHED]
    fields = {
        model: [f.name for f in model._meta.concrete_fields if f.name != "last_login"]
        for model in models
    }
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values(*fields[model]))
        for model in models
    }


@pytest.fixture
def house(organisation, handbook):
    return build_house(organisation, handbook)


@pytest.fixture
def frank(organisation):
    """A colleague who curates another corpus."""
    frank = make_person(organisation, "Frank")
    payroll = make_corpus(organisation, "Payroll")
    grant(payroll, frank, CorpusGrant.Right.CURATE)
    ready_document(payroll, title="Payslip")
    return frank


def test_every_url_is_in_the_table(house):
    assert sorted(doors_of(house)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_anonymous_are_sent_to_sign_in(name, house):
    before = everything()
    response = doors_of(house)[name].knock(name, Client())
    assert response.status_code == 302
    assert response.url.startswith("/account/login/")
    assert everything() == before


@pytest.mark.parametrize("who", ["bob", "charlie"])
@pytest.mark.parametrize("name", NAMES)
def test_who_curates_nothing_gets_in_nowhere(name, who, house, request, signed_in):
    client = signed_in(request.getfixturevalue(who))
    before = everything()
    response = doors_of(house)[name].knock(name, client)
    assert response.status_code in (403, 404)
    assert b"Secret" not in response.content
    assert everything() == before


@pytest.mark.parametrize("who", ["frank", "dana"])
@pytest.mark.parametrize("name", NAMES)
def test_curators_of_other_corpora_see_and_change_their_own_alone(
    name, who, house, foreign_corpus, request, signed_in
):
    """frank curates another corpus; dana administers another organisation."""
    client = signed_in(request.getfixturevalue(who))
    door = doors_of(house)[name]
    before = everything()
    response = door.knock(name, client)
    assert b"Secret" not in response.content
    closed = {CURATORS, OPERATORS}  # the installation has two organisations here
    if door.who in closed or (door.who == ADMINS and (who == "frank" or door.kwargs)):
        assert response.status_code in (403, 404)
        assert everything() == before
    else:
        assert response.status_code in (200, 302)


@pytest.mark.parametrize("name", NAMES)
def test_the_curator_of_the_corpus_gets_in_but_not_to_the_people(name, house, erin, signed_in):
    door = doors_of(house)[name]
    before = everything()
    response = door.knock(name, signed_in(erin))
    if door.who in {ADMINS, OPERATORS}:
        assert response.status_code == 403
        assert everything() == before
    else:
        assert response.status_code in (200, 302)


@pytest.mark.parametrize("name", NAMES)
def test_the_administrator_gets_in_everywhere_and_the_requests_do_what_they_say(
    name, house, alice, signed_in, django_capture_on_commit_callbacks
):
    """Proves that the attacks above would have changed something."""
    door = doors_of(house)[name]
    client = signed_in(alice)
    before = everything()
    with django_capture_on_commit_callbacks() as enqueued:
        response = door.knock(name, client)
    assert response.status_code in (200, 302)
    if door.post is not None:
        assert everything() != before or enqueued
    else:
        assert everything() == before


@pytest.mark.parametrize("name", NAMES)
def test_changes_are_made_by_post_alone(name, house, alice, signed_in):
    door = doors_of(house)[name]
    client = signed_in(alice)
    before = everything()
    assert replace(door, post=None).knock(name, client).status_code in (200, 405)
    assert everything() == before


def test_lists_show_a_curator_their_own_corpus_alone(house, frank, signed_in):
    client = signed_in(frank)
    doors = doors_of(house)
    for name in ("documents", "documents_export", "corpora", "corpora_export"):
        assert doors[name].who == LISTS
        text = doors[name].knock(name, client).content.decode()
        assert "Payslip" in text or "Payroll" in text
        assert "Handbook" not in text
