"""The scripted model: the fake that other apps' tests speak with."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from ai.errors import ModelConnectionLost, ModelUnavailable
from ai.ports import Finished, TextDelta
from ai.providers.scripted import Pause, ScriptedModel
from ai.tests.reading import events_of, text_in


async def test_a_script_is_played_step_by_step(request_of_alice):
    slept = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    model = ScriptedModel(sleep=sleep)
    model.enqueue("one ", Pause(30), "two", Finished("length"))

    events = await events_of(model, request_of_alice)

    assert events == [TextDelta("one "), TextDelta("two"), Finished("length")]
    assert slept == [30]
    assert model.requests == [request_of_alice]


async def test_an_event_holds_the_script_until_it_is_set(request_of_alice):
    gate = asyncio.Event()
    model = ScriptedModel()
    model.enqueue("one ", gate, "two")

    async with aclosing(model.stream(request_of_alice)) as stream:
        assert await anext(stream) == TextDelta("one ")
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        assert not waiting.done()
        gate.set()
        assert await waiting == TextDelta("two")


async def test_an_error_comes_where_the_script_says(request_of_alice):
    model = ScriptedModel()
    model.enqueue("one ", ModelConnectionLost())
    events = []

    with pytest.raises(ModelConnectionLost):
        await events_of(model, request_of_alice, into=events)

    assert text_in(events) == "one "
    assert model.closed_early == 0


async def test_a_stream_left_early_is_counted(request_of_alice):
    model = ScriptedModel()
    model.enqueue("one ", "two ")

    async with aclosing(model.stream(request_of_alice)) as stream:
        await anext(stream)

    assert model.closed_early == 1


async def test_short_answers_come_in_their_order():
    model = ScriptedModel()
    model.enqueue_completion("first")
    model.enqueue_completion(ModelUnavailable())

    assert await model.complete("Bob asks", max_tokens=5) == "first"
    with pytest.raises(ModelUnavailable):
        await model.complete("Bob asks again", max_tokens=5)
    assert model.prompts == ["Bob asks", "Bob asks again"]
