from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ai.errors import ModelConnectionLost
from ai.ports import Switched, Trimmed, Usage, Waiting
from ai.prompts import build_messages
from chat import finding
from chat.models import Message, TurnLog
from chat.notices import notice_fields
from chat.tasks import purge_turn_log
from chat.tests.streaming import RULES, Socket
from chat.tests.turns import POLICY, log_turn, make_replay
from chat.turnlog import TurnPolicy, notices_of, passages_of
from documents.retrieval import Degraded, search
from documents.tests.builders import grant, make_corpus, ready_document
from documents.tests.pipeline import bring_online

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "How many days of annual leave do employees have?"
Status = Message.Status


@pytest.fixture
def corpus(organisation, alice, bob):
    corpus = make_corpus(organisation, "Rules", instructions="Be polite.")
    grant(corpus, bob)
    bring_online(alice, corpus, "rules.md", RULES)
    return corpus


async def turn_of(user, question=QUESTION, **fields):
    """Ask, wait for the end, and return the accepted frame with what was logged."""
    async with Socket(user) as socket:
        accepted = await socket.ask(question, **fields)
        await socket.to_the_end()
    turn = await TurnLog.objects.filter(answer=accepted["answer"]).afirst()
    return accepted, turn


async def test_the_prompt_the_passages_and_the_figures_of_an_answer_are_kept(
    bob, corpus, model, settings
):
    settings.MODEL_COST_PER_1K_PROMPT, settings.MODEL_COST_PER_1K_COMPLETION = 0.5, 2.0
    model.enqueue("Employees have 25 days [1].", Usage(1000, 10))
    _accepted, turn = await turn_of(bob)
    (request,) = model.requests
    assert turn.messages == build_messages(request)
    assert (turn.instructions, turn.passages_read) == ("Be polite.", corpus.passages_read)
    passages = passages_of(turn)
    assert [passage.view.number for passage in passages] == list(range(1, len(passages) + 1))
    assert passages[0].score > 0
    assert passages[0].score >= passages[-1].score
    assert all(passage.sent for passage in passages)
    assert (turn.question, turn.searched_for, turn.searched) == (QUESTION, "", [str(corpus.pk)])
    assert (turn.status, turn.text, turn.cited) == (Status.DONE, "Employees have 25 days[1].", [1])
    assert (turn.model_asked, turn.model) == ("scripted", "scripted")
    assert (turn.prompt_tokens, turn.completion_tokens) == (1000, 10)
    assert {"search", "first_text", "total"} <= turn.timings.keys()
    assert turn.corpora_count == 1
    assert [each.pk async for each in turn.corpora.all()] == [corpus.pk]


async def test_what_a_search_was_done_without_is_kept(bob, corpus, model, monkeypatch):
    lacking = Degraded("reranking", "model-timed-out")
    monkeypatch.setattr(
        finding, "search", lambda *args, **how: replace(search(*args, **how), notices=(lacking,))
    )
    model.enqueue("25 [1].")
    _accepted, turn = await turn_of(bob)
    assert notices_of(turn) == [lacking]
    assert "reranker did not answer" in notice_fields(lacking)["sentence"]


async def test_the_prompt_is_that_of_the_last_try_and_notices_are_kept(bob, corpus, model):
    notices = [
        Waiting(seconds=2, code="model-busy"),
        Switched(model="other", code="model-busy"),
        Trimmed(passages=1, turns=0),
    ]
    model.enqueue(*notices, "25 [1].")
    _accepted, turn = await turn_of(bob)
    assert notices_of(turn) == notices
    assert (turn.model_asked, turn.model) == ("scripted", "other")
    assert [passage.sent for passage in passages_of(turn)] == [True, False]
    assert '<passage number="1"' in turn.messages[-1]["content"]
    assert '<passage number="2"' not in turn.messages[-1]["content"]


async def test_a_follow_up_is_kept_with_the_question_that_was_searched(bob, corpus, model):
    model.enqueue("25 days [1].")
    model.enqueue("Two days [1].")
    model.enqueue_completion("How many days of telework are allowed per week?")
    accepted, _first = await turn_of(bob)
    _accepted, turn = await turn_of(bob, "And telework?", conversation=accepted["conversation"])
    assert turn.question == "And telework?"
    assert turn.searched_for == "How many days of telework are allowed per week?"
    assert "rewrite" in turn.timings
    assert [message["role"] for message in turn.messages] == ["system", "user", "assistant", "user"]


async def test_what_was_not_found_is_kept_without_a_prompt(bob, corpus, model):
    _accepted, turn = await turn_of(bob, "Who won the chess championship in Reykjavik?")
    assert (turn.status, turn.messages) == (Status.NOT_FOUND, [])
    assert turn.evidence < corpus.evidence_threshold
    assert turn.corpora_count == 1


async def test_failures_and_stops_are_kept_with_what_came(bob, corpus, model):
    model.enqueue("Half an ", ModelConnectionLost())
    _accepted, failed = await turn_of(bob)
    assert (failed.status, failed.error_code) == (Status.FAILED, "model-connection-lost")
    assert failed.text.strip() == "Half an"
    model.enqueue("Kept. ", asyncio.Event())
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.until("text")
        await socket.send(type="stop", answer=accepted["answer"])
        await socket.to_the_end()
    stopped = await TurnLog.objects.aget(answer=accepted["answer"])
    assert (stopped.status, stopped.text.strip()) == (Status.STOPPED, "Kept.")
    assert stopped.messages


async def test_an_answer_that_goes_on_rests_on_what_it_began_with(bob, corpus, model):
    model.enqueue("Employees have ", asyncio.Event())
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.until("text")
        await socket.send(type="stop", answer=accepted["answer"])
        await socket.to_the_end()
        model.enqueue("Employees have 25 days [1].")
        await socket.send(type="continue", id="continue-1", answer=accepted["answer"])
        going_on = await socket.until("accepted")
        await socket.to_the_end()
    turn = await TurnLog.objects.aget(answer=going_on[-1]["answer"])
    assert turn.text == "Employees have 25 days[1]."
    assert {passage.score for passage in passages_of(turn)} == {None}
    assert [each.pk async for each in turn.corpora.all()] == [corpus.pk]
    assert turn.corpora_count == 1
    assert turn.messages


async def test_without_a_language_model_there_is_no_prompt_to_keep(bob, corpus):
    _accepted, turn = await turn_of(bob)
    assert (turn.messages, turn.cost) == ([], None)
    assert all(passage.sent for passage in passages_of(turn))


async def test_nothing_is_kept_where_the_retention_is_zero_days(bob, corpus, model, settings):
    settings.TURN_LOG_DAYS = 0
    model.enqueue("25 days [1].")
    _accepted, turn = await turn_of(bob)
    assert turn is None
    assert await Message.objects.filter(status=Status.DONE, role="assistant").acount() == 1


def test_the_log_costs_two_queries_at_the_end(bob, handbook):
    document = ready_document(handbook)
    with CaptureQueriesContext(connection) as queries:
        log_turn(bob, [document])
    about = [query["sql"] for query in queries if "chat_turnlog" in query["sql"]]
    # The row and its corpora; the builder reads it again.
    assert [sql.split()[0] for sql in about] == ["INSERT", "INSERT", "SELECT"]


def test_a_turn_rests_on_what_the_conversation_rests_on(bob, organisation):
    payroll, rules = make_corpus(organisation, "Payroll"), make_corpus(organisation, "House")
    first = log_turn(bob, [ready_document(payroll)])
    conversation = first.answer.conversation_id
    second = log_turn(bob, [ready_document(rules)], conversation=conversation)
    assert set(second.corpora.all()) == {payroll, rules}
    assert second.corpora_count == 2


def test_where_an_earlier_answer_has_no_log_it_is_not_known_what_a_turn_rests_on(bob, organisation):
    document = ready_document(make_corpus(organisation, "House"))
    first = log_turn(bob, [document])
    TurnLog.objects.all().delete()
    second = log_turn(bob, [document], conversation=first.answer.conversation_id)
    assert second.corpora_count is None


@pytest.mark.parametrize(
    ("model", "usage", "cost"),
    [
        ("scripted", Usage(1000, 100), 0.013),
        ("another", Usage(1000, 100), None),
        ("scripted", Usage(0, 0), None),
    ],
)
def test_the_cost_is_known_of_the_priced_model_alone(model, usage, cost):
    assert POLICY.cost(model, usage) == (None if cost is None else pytest.approx(cost))
    assert TurnPolicy(kept=True, priced_model=model).cost(model, usage) is None


def test_old_turns_go_with_their_replays_and_young_ones_stay(bob, erin, handbook, settings):
    settings.TURN_LOG_DAYS = 30
    document = ready_document(handbook)
    old, young = log_turn(bob, [document]), log_turn(bob, [document])
    make_replay(old, erin)
    kept = make_replay(young, erin)
    TurnLog.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    purge_turn_log()
    assert set(TurnLog.objects.all()) == {young, kept}
    assert Message.objects.filter(pk=old.answer_id).exists()


def test_at_zero_days_the_purge_leaves_nothing(bob, handbook, settings):
    settings.TURN_LOG_DAYS = 0
    log_turn(bob, [ready_document(handbook)])
    purge_turn_log()
    assert not TurnLog.objects.exists()


def test_a_conversation_that_is_removed_takes_its_turns_with_it(bob, erin, handbook):
    turn = log_turn(bob, [ready_document(handbook)])
    make_replay(turn, erin)
    turn.answer.conversation.delete()
    assert not TurnLog.objects.exists()


async def test_an_answer_that_was_swept_but_lives_is_taken_back_with_its_log(bob, corpus, model):
    gate = asyncio.Event()
    model.enqueue("First. ", gate)
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.until("text")
        await sync_to_async(Message.objects.filter(pk=accepted["answer"]).update)(
            status=Status.INTERRUPTED
        )
        gate.set()
        await socket.to_the_end()
    assert (await Message.objects.aget(pk=accepted["answer"])).status == Status.DONE
    assert await TurnLog.objects.filter(pk=accepted["answer"]).aexists()
