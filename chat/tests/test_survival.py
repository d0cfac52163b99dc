"""What readers are told when the process that wrote their answer is gone, and what a stop or a
heartbeat must not do."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from contextlib import suppress
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from ai.ports import Usage
from ai.providers.scripted import ScriptedModel
from chat import answering, records, services
from chat import runs as runs_module
from chat.adapters.redis_log import RedisEventLog, connect
from chat.frames import Ask
from chat.limits import Limits
from chat.models import Message
from chat.ports import LoggedEvent
from chat.records import (
    FinishedAnswer,
    record_question,
    save_checkpoints,
)
from chat.runs import PROCESS_ID, AnswerRuns, runs
from chat.sweeping import interrupt_dead_answers
from chat.tests.streaming import RULES, WAIT_S, Socket, answer_row, eventually, use_model
from chat.writing import Checkpoint
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online

pytestmark = pytest.mark.django_db(transaction=True)

Status = Message.Status
QUESTION = "How many days of annual leave do employees have?"
LIMITS = Limits(questions_per_minute=100, concurrent_answers=100)
ELSEWHERE = "another-host:1:abcd"
REDIS = os.environ.get("CHANNEL_REDIS", "")


def asked_elsewhere(user):
    """An answer that another process is writing."""
    ask = Ask(id=uuid4().hex, text=QUESTION)
    return record_question(user, ask, owner=ELSEWHERE, language="en", limits=LIMITS).answer


async def frames_to_the_end(user, answer: UUID, after: int = 0) -> list[dict]:
    async with asyncio.timeout(WAIT_S):
        return [json.loads(f) async for f in services.read_answer(user.pk, answer, after)]


def checkpoint(answer: UUID, n: int, text: str) -> None:
    save_checkpoints(ELSEWHERE, [answer], [Checkpoint(answer, n, text)])


def sweep(answer: UUID) -> None:
    long_ago = timezone.now() - timedelta(minutes=1)
    Message.objects.filter(pk=answer).update(heartbeat=long_ago)
    assert interrupt_dead_answers() == 1


async def test_a_reader_without_a_log_reads_on_until_the_answer_has_ended(bob):
    answer = (await sync_to_async(asked_elsewhere)(bob)).pk
    reading = asyncio.create_task(frames_to_the_end(bob, answer))
    await asyncio.sleep(0.1)
    assert not reading.done()
    await sync_to_async(checkpoint)(answer, 7, "Half an")
    await sync_to_async(sweep)(answer)
    frames = await reading
    assert frames[0]["status"] == "streaming"
    assert (frames[-1]["status"], frames[-1]["n"], frames[-1]["text"]) == (
        "interrupted",
        7,
        "Half an",
    )


@pytest.fixture
async def redis_log(monkeypatch):
    if not REDIS:
        pytest.skip("CHANNEL_REDIS names no Redis: make test-services starts one")
    clients = connect(REDIS), connect(REDIS)
    writer, reader = map(RedisEventLog, clients)
    monkeypatch.setattr(services, "get_event_log", lambda: reader)
    yield writer
    for client in clients:
        await client.aclose()


def text_event(answer: UUID, n: int) -> LoggedEvent:
    frame = {"type": "text", "answer": str(answer), "n": n, "text": f"{n} "}
    return LoggedEvent(n, json.dumps(frame), last=False)


@pytest.mark.services
async def test_readers_elsewhere_are_told_that_the_writing_process_died(bob, redis_log):
    answer = (await sync_to_async(asked_elsewhere)(bob)).pk
    for n in (1, 2, 3):
        redis_log.append(answer, text_event(answer, n))
    await redis_log.mirrored()
    reading = asyncio.create_task(frames_to_the_end(bob, answer))
    await asyncio.sleep(0.1)
    await sync_to_async(checkpoint)(answer, 2, "1 2 ")
    await sync_to_async(sweep)(answer)
    frames = await reading
    assert [frame["n"] for frame in frames] == [1, 2, 3, 2]
    assert (frames[-1]["type"], frames[-1]["status"]) == ("snapshot", "interrupted")
    assert frames[-1]["text"] == "1 2 "


@pytest.mark.services
async def test_a_reader_whose_events_were_lost_on_the_way_goes_on_from_a_later_checkpoint(
    bob, redis_log
):
    answer = (await sync_to_async(asked_elsewhere)(bob)).pk
    for n in (1, 3, 4):  # 2 was lost
        redis_log.append(answer, text_event(answer, n))
    await redis_log.mirrored()
    reading = asyncio.create_task(frames_to_the_end(bob, answer))
    await asyncio.sleep(0.1)
    await sync_to_async(checkpoint)(answer, 3, "1 2 3 ")
    last = json.dumps({"type": "done", "answer": str(answer), "n": 5})
    redis_log.append(answer, LoggedEvent(5, last, last=True))
    frames = await reading
    kinds = [(frame["type"], frame["n"]) for frame in frames]
    assert kinds == [("text", 1), ("snapshot", 3), ("text", 4), ("done", 5)]


@pytest.fixture
def model(monkeypatch):
    model = ScriptedModel()
    use_model(monkeypatch, model)
    return model


@pytest.fixture
def corpus(organisation, alice, bob):
    corpus = make_corpus(organisation, "Rules")
    grant(corpus, bob)
    bring_online(alice, corpus, "rules.md", RULES)
    return corpus


@pytest.mark.services
async def test_a_log_that_outlives_its_expiry_expires_all_the_same(redis_log):
    client, answer = connect(REDIS), uuid4()
    for n in range(1, 200):
        redis_log.append(answer, text_event(answer, n))
        if n == 100:
            await redis_log.mirrored()
            await client.delete(f"cassandre:answer:{answer}")  # an answer of many minutes
    await redis_log.mirrored()
    assert await client.ttl(f"cassandre:answer:{answer}") > 0
    await client.aclose()


async def test_a_second_stop_does_not_cut_off_the_end_of_the_first(bob, corpus, model, monkeypatch):
    never = asyncio.Event()
    model.enqueue("Employees ", never)
    is_ending, may_end = threading.Event(), threading.Event()
    save = answering.save_finished

    def slow_save(finished):
        is_ending.set()
        may_end.wait(WAIT_S)
        save(finished)

    monkeypatch.setattr(answering, "save_finished", slow_save)
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await socket.until("text")
        await socket.send(type="stop", answer=accepted["answer"])
        await eventually(is_ending.is_set)
        await socket.send(type="stop", answer=accepted["answer"])
        await socket.send(type="ping")
        await socket.until("pong")
        may_end.set()
        assert (await socket.to_the_end())[-1]["type"] == "stopped"
    assert (await answer_row(accepted["answer"])).status == Status.STOPPED


async def test_a_stop_at_the_very_end_does_not_leave_the_answer_without_an_end(
    bob, corpus, model, monkeypatch
):
    model.enqueue("Employees have 25 days.")
    is_ending, may_end = threading.Event(), threading.Event()
    save = answering.save_finished

    def slow_save(finished):
        is_ending.set()
        may_end.wait(WAIT_S)
        save(finished)

    monkeypatch.setattr(answering, "save_finished", slow_save)
    async with Socket(bob) as socket:
        accepted = await socket.ask(QUESTION)
        await eventually(is_ending.is_set)
        await socket.send(type="stop", answer=accepted["answer"])
        await socket.send(type="ping")
        await socket.until("pong")
        may_end.set()
        assert (await socket.to_the_end())[-1]["type"] == "done"
    await eventually(lambda: UUID(accepted["answer"]) not in runs)


async def test_a_process_that_ends_takes_no_question_and_records_none(bob, monkeypatch):
    monkeypatch.setattr(runs, "closing", True)
    async with Socket(bob) as socket:
        refusal = await socket.ask(QUESTION)
    assert (refusal["type"], refusal["code"]) == ("refused", "shutting-down")
    assert not await Message.objects.aexists()


class Waiting:
    """A run that writes nothing and never ends by itself."""

    stopped_by_reader = ending = False

    def __init__(self):
        self.cancelled = 0

    async def write(self):
        for _ in range(2):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(WAIT_S)
            self.cancelled += 1

    def checkpoint(self):
        return None


async def test_a_run_is_stopped_once_however_often_it_is_asked_for():
    own, run, answer = AnswerRuns(), Waiting(), uuid4()
    own.start(answer, run)
    await asyncio.sleep(0)
    assert own.stop(answer)
    await asyncio.sleep(0)
    assert own.stop(answer)
    await asyncio.sleep(0)
    assert run.cancelled == 1
    await own.drain(grace_s=0)


def test_an_answer_that_its_process_no_longer_writes_gets_no_heartbeat(bob):
    ask = Ask(id=uuid4().hex, text=QUESTION)
    lost = record_question(bob, ask, owner=PROCESS_ID, language="en", limits=LIMITS).answer
    long_ago = timezone.now() - timedelta(minutes=1)
    Message.objects.filter(pk=lost.pk).update(heartbeat=long_ago)
    save_checkpoints(PROCESS_ID, [uuid4()], [])
    assert interrupt_dead_answers() == 1


def test_a_process_that_was_only_slow_takes_its_answer_back(bob):
    answer = asked_elsewhere(bob)
    sweep(answer.pk)
    checkpoint(answer.pk, 7, "Half an")
    answer.refresh_from_db()
    assert (answer.status, answer.text) == (Status.STREAMING, "Half an")
    sweep(answer.pk)
    usage = Usage(prompt_tokens=1, completion_tokens=1)
    whole = Checkpoint(answer.pk, 9, "The whole answer")
    records.save_finished(FinishedAnswer(whole, Status.DONE, (), "mock", usage, {}))
    answer.refresh_from_db()
    assert (answer.status, answer.text, answer.last_event) == (Status.DONE, "The whole answer", 9)


async def test_an_answer_that_is_ending_is_no_longer_checkpointed(monkeypatch):
    saved = []
    monkeypatch.setattr(runs_module, "CHECKPOINT_INTERVAL_S", 0.01)
    monkeypatch.setattr(runs_module, "save_checkpoints", lambda *call: saved.append(call) or [])
    own, writing, ending = AnswerRuns(), Waiting(), Waiting()
    ending.ending = True
    answer = uuid4()
    own.start(answer, writing)
    own.start(uuid4(), ending)
    await eventually(lambda: saved)
    assert saved[0] == (PROCESS_ID, [answer], [])
    for _run, task in list(own._runs.values()):
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
    await own.drain(grace_s=1)


def test_one_question_sent_to_two_processes_at_once_is_asked_once(bob, monkeypatch):
    create, started = records._create_rows, []

    def slow_create(*args, **kwargs):
        started.append(1)
        time.sleep(0.2)  # long enough for the other to look whether the question is known
        return create(*args, **kwargs)

    monkeypatch.setattr(records, "_create_rows", slow_create)
    ask = Ask(id=uuid4().hex, text=QUESTION)
    answers = []

    def record():
        from django.db import connection

        asked = record_question(bob, ask, owner=PROCESS_ID, language="en", limits=LIMITS)
        answers.append(asked.answer.pk)
        connection.close()

    threads = [threading.Thread(target=record) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert started == [1]
    assert len(set(answers)) == 1
    assert Message.objects.filter(client_id=ask.id).count() == 1
