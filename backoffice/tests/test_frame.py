from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from accounts.tests.cast import make_team
from backoffice.context_processors import frame
from documents.tests.builders import grant

NO_MODEL = {
    "OPENAI_API_KEY": "",
    "OPENAI_BASE_URL": "",
    "PARADIGM_HOST": "",
    "PARADIGM_API_KEY": "",
}


def frame_of(user):
    request = RequestFactory().get("/")
    request.user = user
    return frame(request)["frame"]


@pytest.mark.parametrize(
    ("who", "may_curate", "is_admin"),
    [
        ("alice", True, True),
        ("erin", True, False),
        ("bob", False, False),
        ("charlie", False, False),
    ],
)
def test_the_back_office_is_shown_to_those_who_may_enter(
    who, may_curate, is_admin, handbook, request
):
    shown = frame_of(request.getfixturevalue(who))
    assert (shown["may_curate"], shown["is_admin"]) == (may_curate, is_admin)


def test_the_frame_asks_for_rights_and_replies_once_and_only_where_it_is_shown(
    erin, handbook, django_assert_num_queries
):
    with django_assert_num_queries(0):
        shown = frame_of(erin)
    with django_assert_num_queries(2):
        assert shown["may_curate"]
        assert shown["initials"] == "E"
        assert shown["banners"] is not None


def test_a_team_that_curates_opens_the_back_office_to_its_members(handbook, charlie, organisation):
    grant(handbook, make_team(organisation, "Editors", charlie), "curate")
    assert frame_of(charlie)["may_curate"]


def test_the_anonymous_have_a_frame_without_a_query(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        shown = frame_of(AnonymousUser())
        assert shown["may_curate"] is False
        assert shown["display_name"] == ""


@pytest.mark.parametrize("who", ["alice", "erin"])
def test_curators_are_told_that_no_language_model_is_configured(who, handbook, request, settings):
    for name, value in NO_MODEL.items():
        setattr(settings, name, value)
    banners = frame_of(request.getfixturevalue(who))["banners"]
    assert [banner.level for banner in banners] == ["info"]
    assert "No language model" in banners[0].text


def test_readers_are_not_bothered_with_it(bob, handbook):
    assert frame_of(bob)["banners"] == []


def test_nothing_is_said_once_a_language_model_is_configured(alice, settings):
    settings.OPENAI_API_KEY = "key"
    assert frame_of(alice)["banners"] == []
