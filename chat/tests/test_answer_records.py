from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from ai.ports import Turn
from chat.frames import Ask
from chat.limits import Limits
from chat.models import Message
from chat.records import history_of, record_question, save_checkpoints
from chat.runs import PROCESS_ID
from chat.sweeping import interrupt_dead_answers
from chat.tasks import sweep_answers
from chat.writing import Checkpoint

Status = Message.Status
LIMITS = Limits(questions_per_minute=100, concurrent_answers=100)


@pytest.fixture
def asked(bob):
    ask = Ask(id="12345678", text="How many days?")
    return record_question(bob, ask, owner=PROCESS_ID, language="en", limits=LIMITS)


def test_an_answer_whose_process_is_dead_is_interrupted_with_what_was_saved(asked):
    save_checkpoints(PROCESS_ID, [asked.answer.pk], [Checkpoint(asked.answer.pk, 7, "Half an")])
    Message.objects.filter(pk=asked.answer.pk).update(
        heartbeat=timezone.now() - timedelta(seconds=13)
    )
    sweep_answers()
    asked.answer.refresh_from_db()
    assert (asked.answer.status, asked.answer.text) == (Status.INTERRUPTED, "Half an")
    assert asked.answer.last_event == 7


def test_a_living_answer_is_left_alone(asked):
    sweep_answers()
    asked.answer.refresh_from_db()
    assert asked.answer.status == Status.STREAMING


def test_at_the_start_of_the_only_process_no_answer_is_under_way(asked):
    assert interrupt_dead_answers(all_of_them=True) == 1


def test_a_checkpoint_beats_for_every_answer_of_its_process(asked):
    before = asked.answer.heartbeat
    save_checkpoints(PROCESS_ID, [asked.answer.pk], [])
    asked.answer.refresh_from_db()
    assert asked.answer.heartbeat > before


def test_a_stop_requested_elsewhere_reaches_the_writer_with_its_checkpoint(asked):
    Message.objects.filter(pk=asked.answer.pk).update(stop_requested=True)
    assert save_checkpoints(PROCESS_ID, [asked.answer.pk], []) == [asked.answer.pk]


def test_checkpoints_of_many_answers_are_one_statement(asked, django_assert_num_queries):
    states = [Checkpoint(asked.answer.pk, n, "text") for n in range(3)]
    with django_assert_num_queries(5):  # savepoint twice, beat, all checkpoints, stops
        save_checkpoints(PROCESS_ID, [asked.answer.pk], states)


def test_history_is_the_thread_before_the_question_oldest_first(bob, asked):
    Message.objects.filter(pk=asked.answer.pk).update(status=Status.DONE, text="25.")
    ask = Ask(id="87654321", text="And telework?", conversation=asked.conversation.pk)
    second = record_question(bob, ask, owner=PROCESS_ID, language="en", limits=LIMITS)
    question = Message.objects.get(pk=second.question.pk)
    assert history_of(question) == (Turn("user", "How many days?"), Turn("assistant", "25."))
