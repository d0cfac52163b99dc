"""How long conversations are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from chat.models import Conversation, Enquiry, Message
from chat.tasks import purge_conversations
from chat.tests.turns import begin_answer, end_answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def retention(settings):
    settings.PURGE_AFTER_DAYS, settings.CONVERSATION_DAYS = 30, 365
    return settings


def aged(user, days, *, deleted_days=None, is_streaming=False):
    answer = begin_answer(user).pk
    if not is_streaming:
        end_answer(answer, ())
    moment = timezone.now() - timedelta(days=days)
    conversation = Message.objects.get(pk=answer).conversation_id
    Message.objects.filter(conversation=conversation).update(created_at=moment)
    deleted = None if deleted_days is None else timezone.now() - timedelta(days=deleted_days)
    Conversation.objects.filter(pk=conversation).update(updated_at=moment, deleted_at=deleted)
    return conversation


def kept():
    return set(Conversation.objects.values_list("pk", flat=True))


def test_what_nobody_has_touched_for_longer_than_set_goes_and_the_rest_stays(retention, bob, erin):
    old, recent = aged(bob, 366), aged(bob, 364)
    Conversation.objects.filter(pk=old).update(pinned=True)
    theirs = aged(erin, 1)
    assert purge_conversations() == 1
    assert kept() == {recent, theirs}


def test_an_old_conversation_with_a_new_question_stays(retention, bob):
    old = aged(bob, 400)
    Message.objects.filter(conversation=old, role=Message.Role.ASSISTANT).update(
        created_at=timezone.now()
    )
    assert purge_conversations() == 0
    assert kept() == {old}


def test_without_a_limit_only_deleted_ones_go_once_they_cannot_be_restored(retention, bob):
    retention.CONVERSATION_DAYS = 0
    old = aged(bob, 4000)
    restorable = aged(bob, 40, deleted_days=29)
    aged(bob, 40, deleted_days=31)
    assert purge_conversations() == 1
    assert kept() == {old, restorable}


def test_an_answer_that_is_being_written_is_not_taken_from_under_its_writer(retention, bob):
    streaming = aged(bob, 400, is_streaming=True)
    assert purge_conversations() == 0
    assert kept() == {streaming}


def test_what_was_sent_to_the_people_in_charge_stays(retention, bob, organisation):
    conversation = aged(bob, 400)
    answer = Message.objects.get(conversation=conversation, role=Message.Role.ASSISTANT)
    enquiry = Enquiry.objects.create(
        organisation=organisation, asker=bob, answer=answer, kind="wrong", question="Really?"
    )
    assert purge_conversations() == 1
    enquiry.refresh_from_db()
    assert enquiry.answer is None
