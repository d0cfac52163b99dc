"""Answers whose process died, in the log of questions."""

from __future__ import annotations

import pytest

from chat.models import Message, TurnLog
from chat.sweeping import interrupt_dead_answers
from chat.tests.turns import begin_answer, end_answer, log_turn, sweep, write_answer
from chat.turns import turns_seen_by
from documents.tests.builders import make_corpus, ready_document

pytestmark = pytest.mark.django_db

Status = Message.Status


@pytest.fixture
def leave(handbook):
    return ready_document(handbook, title="Leave", pages=["Employees have 25 days of leave."])


def test_what_is_known_of_a_dead_answer_is_logged(bob, leave):
    answer = begin_answer(bob)
    write_answer(answer, [leave])
    assert sweep(answer) == 1
    turn = TurnLog.objects.get(answer=answer)
    assert (turn.status, turn.question) == (Status.INTERRUPTED, "How many days?")
    assert (turn.text, turn.cited) == ("25 days [1].", [1])
    assert turn.passages[0]["view"]["title"] == "Leave"
    assert (turn.messages, turn.timings, turn.cost) == ([], {}, None)


def test_its_log_is_open_to_those_alone_who_may_see_what_it_rests_on(
    bob, alice, erin, charlie, dana, leave, organisation
):
    payslip = ready_document(make_corpus(organisation, "Payroll"), title="Payslip", pages=["28th"])
    known, foreign, empty = begin_answer(bob), begin_answer(bob), begin_answer(bob)
    write_answer(known, [leave])
    write_answer(foreign, [leave, payslip])
    assert sweep(known, foreign, empty) == 3

    def seen_by(user):
        return {turn.answer_id for turn in turns_seen_by(user)}

    assert seen_by(alice) == {known.pk, foreign.pk, empty.pk}
    assert seen_by(erin) == {known.pk}
    for nobody in (bob, charlie, dana):
        assert seen_by(nobody) == set()


def test_the_answers_before_it_count_too(bob, erin, leave, organisation):
    payslip = ready_document(make_corpus(organisation, "Payroll"), title="Payslip", pages=["28th"])
    first = log_turn(bob, [payslip]).answer
    follow_up = begin_answer(bob, first.conversation_id)
    write_answer(follow_up, [leave])
    sweep(follow_up)
    assert not turns_seen_by(erin).exists()
    assert TurnLog.objects.get(answer=follow_up).corpora_count == 2


def test_nothing_is_logged_where_no_log_is_kept(bob, leave, settings):
    settings.TURN_LOG_DAYS = 0
    answer = begin_answer(bob)
    write_answer(answer, [leave])
    assert sweep(answer) == 1
    assert not TurnLog.objects.exists()


def test_a_process_that_was_only_slow_has_the_last_word_in_the_log(bob, leave):
    answer = begin_answer(bob)
    write_answer(answer, [leave], text="25")
    for _ in range(2):  # it may be taken for dead more than once
        assert sweep(answer) == 1
        write_answer(answer, [leave], text="25 days")
    turn = end_answer(answer.pk, [leave])
    assert turn.status == Status.DONE
    assert list(turn.corpora.all()) == [leave.corpus]
    assert turn.messages


def test_where_nothing_is_dead_nothing_is_written(bob, django_assert_num_queries):
    begin_answer(bob)
    with django_assert_num_queries(1):
        assert interrupt_dead_answers() == 0
