"""Who may do something about index generations: they are the installation's."""

from __future__ import annotations

import pytest

from common.errors import InvalidInput, NotAllowed, NotFound
from documents.generations import live_generation
from documents.index_selectors import (
    generations_managed_by,
    get_generation_managed_by,
    may_manage_index,
)
from documents.index_services import begin_generation, change_generation
from documents.models import DueVersion, IndexGeneration
from documents.tests.builders import ready_document

ACTIONS = ("pause", "resume", "cancel", "switch", "back", "remove")


def test_the_administrator_of_the_only_organisation_may(organisation, alice, erin, bob):
    assert may_manage_index(alice)
    assert not may_manage_index(erin)
    assert not may_manage_index(bob)


def test_where_there_are_several_organisations_only_a_superuser_may(alice, dana, bob):
    assert not may_manage_index(alice)
    assert not may_manage_index(dana)
    bob.is_superuser = True
    assert may_manage_index(bob)
    bob.is_active = False
    assert not may_manage_index(bob)


@pytest.mark.parametrize("who", ["erin", "bob", "charlie"])
def test_others_see_and_change_nothing(who, request, alice, handbook):
    user = request.getfixturevalue(who)
    ready_document(handbook)
    with pytest.raises(NotAllowed):
        begin_generation(by=user)
    generation = begin_generation(by=alice)
    before = list(IndexGeneration.objects.order_by("pk").values())
    assert list(generations_managed_by(user)) == []
    with pytest.raises(NotFound):
        get_generation_managed_by(user, generation.pk)
    for action in ACTIONS:
        with pytest.raises(NotAllowed):
            change_generation(by=user, generation=generation.pk, action=action)
    assert list(IndexGeneration.objects.order_by("pk").values()) == before
    assert DueVersion.objects.count() == 1


def test_an_administrator_pauses_resumes_and_cancels(alice, handbook):
    ready_document(handbook)
    live = live_generation()
    generation = begin_generation(by=alice)
    assert change_generation(by=alice, generation=generation.pk, action="pause").paused
    assert not change_generation(by=alice, generation=generation.pk, action="resume").paused
    gone = change_generation(by=alice, generation=generation.pk, action="cancel")
    assert gone.state == IndexGeneration.State.REMOVED
    assert list(generations_managed_by(alice)) == [live]
    with pytest.raises(InvalidInput):
        change_generation(by=alice, generation=live.pk, action="burn")
