"""What a token costs: no query, no thread, no frame of its own, and nothing that stays."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections import Counter
from typing import Any

import pytest
from django.db.backends.utils import CursorWrapper

from ai.providers.sessions import close_session
from bench.mock_model import serving
from chat import live, services, writing
from chat import runs as runs_module
from chat.adapters.memory_log import MemoryEventLog
from chat.answering import AnswerRun
from chat.ports import LoggedEvent
from chat.runs import runs
from chat.tests.streaming import Socket, eventually, model_on, text_of, use_model
from chat.writing import AnswerWriter

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = "How many days of annual leave do employees have?"
FEW, MANY = 50, 500
NEVER_S = 600


@pytest.fixture
async def server():
    with serving() as server:
        yield server
        await close_session()


@pytest.fixture
def counted(monkeypatch):
    """Queries and hops to another thread, whoever makes them and in whichever thread."""
    counts: Counter[str] = Counter()
    lock = threading.Lock()

    def counting(owner, name, what):
        original = getattr(owner, name)

        def call(self, *args, **kwargs):
            with lock:
                counts[what] += 1
            return original(self, *args, **kwargs)

        monkeypatch.setattr(owner, name, call)

    counting(CursorWrapper, "_execute_with_wrappers", "queries")
    counting(asyncio.BaseEventLoop, "run_in_executor", "hops")
    return counts


async def streamed(monkeypatch, server, bob, model) -> list[dict]:
    """The frames of one answer."""
    use_model(monkeypatch, model_on(server, model))
    async with Socket(bob) as socket:
        await socket.ask(QUESTION)
        frames = await socket.to_the_end()
    await eventually(lambda: not list(runs._runs))
    assert frames[-1]["type"] == "done"
    return frames


@pytest.mark.parametrize("gap", ["-0ms", "-1ms"], ids=["flat out", "1 ms apart"])
async def test_a_token_costs_neither_a_query_nor_a_thread(
    bob, corpus, server, counted, monkeypatch, gap
):
    monkeypatch.setattr(runs_module, "CHECKPOINT_INTERVAL_S", NEVER_S)
    # Once a question, and through Redis at a moment of its own: perhaps after the last frame.
    monkeypatch.setattr(services, "tell_tabs", lambda *_told, **_more: None)
    await streamed(monkeypatch, server, bob, f"mock-5t{gap}")  # what is compiled once
    costs = []
    for tokens in (FEW, MANY):
        counted.clear()
        frames = await streamed(monkeypatch, server, bob, f"mock-{tokens}t{gap}")
        costs.append(dict(counted))
        assert text_of(frames).count(" ") == tokens
    assert costs[0] == costs[1]
    assert costs[0]["queries"] > 0
    assert costs[0]["hops"] > 0


async def test_tokens_that_come_together_share_a_frame(bob, corpus, server, monkeypatch):
    """Between two flushes any number of tokens makes one frame: here there is only the last."""
    monkeypatch.setattr(writing, "FRAME_INTERVAL_S", NEVER_S)
    kinds = [
        Counter(
            frame["type"]
            for frame in await streamed(monkeypatch, server, bob, f"mock-{tokens}t-1ms")
        )
        for tokens in (FEW, MANY)
    ]
    assert kinds[0] == kinds[1]
    assert kinds[0]["text"] == 2  # the first at once, and the rest


async def test_readers_share_the_events_of_an_answer(bob, corpus, server, monkeypatch):
    """Five tabs hold the events of one answer once: a reader has a place, and no copy."""
    use_model(monkeypatch, model_on(server, "mock-9999999t-1ms"))
    async with Socket(bob) as asking:
        accepted = await asking.ask(QUESTION)
        others = [Socket(bob) for _ in range(5)]
        for other in others:
            assert await other.connect()
            await other.send(type="watch", answer=accepted["answer"], after=0)
            await other.until("text")
        await asking.send(type="stop", answer=accepted["answer"])
        seen = [await reader.to_the_end() for reader in (asking, *others)]
        await eventually(lambda: not list(runs._runs))
        assert len({frames[-1]["n"] for frames in seen}) == 1
        assert len(events_of(accepted)) == seen[0][-1]["n"]
        for other in others:
            await other.communicator.disconnect()


async def test_of_answers_that_have_ended_nothing_is_kept(bob, corpus, server, monkeypatch):
    log = MemoryEventLog(keep_after_end_s=0)
    monkeypatch.setattr(services, "get_event_log", lambda: log)
    use_model(monkeypatch, model_on(server, "mock-200t"))
    earlier = alive(AnswerRun, AnswerWriter)  # of other tests, whose loops have gone

    def left() -> list[Any]:
        return [one for one in alive(AnswerRun, AnswerWriter) if all(one is not e for e in earlier)]

    async with Socket(bob) as socket:
        answers = []
        for _ in range(4):
            answers.append(await socket.ask(QUESTION))
            await socket.to_the_end()
        # The socket is open still: its readings are over, and keep nothing either.
        await eventually(lambda: not any(events_of(answer) for answer in answers))
        await eventually(lambda: not left())
    assert bob.pk not in live._tabs


def alive(*kinds: type) -> list[Any]:
    gc.collect()
    # By their type: isinstance would wake lazy objects of requests that are over.
    return [each for each in gc.get_objects() if issubclass(type(each), kinds)]


def events_of(accepted: dict) -> list[LoggedEvent]:
    """Of one answer: the logs of earlier tests' loops may be kept still."""
    return [event for event in alive(LoggedEvent) if accepted["answer"] in event.frame]
