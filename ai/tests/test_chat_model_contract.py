"""What holds for every chat model: scripted, quoting, and a real wire to the mock server."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from ai.errors import ModelError
from ai.ports import Finished, TextDelta, Usage
from ai.providers.quoting import QuotingAssistant
from ai.providers.scripted import ScriptedModel
from ai.tests.reading import events_of, text_in


@pytest.fixture(params=["scripted", "quoting", "openai_compatible"])
async def model(request, provider):
    if request.param == "quoting":
        return QuotingAssistant()
    if request.param == "openai_compatible":
        return provider("mock-20t")
    scripted = ScriptedModel()
    for _ in range(3):
        scripted.enqueue("An answer ", "in pieces.", Usage(10, 4))
    for _ in range(3):
        scripted.enqueue_completion("A short answer")
    return scripted


async def test_text_first_then_the_end_and_nothing_after_it(model, request_of_alice):
    events = await events_of(model, request_of_alice)

    assert isinstance(events[0], TextDelta)
    assert isinstance(events[-1], Finished)
    assert sum(isinstance(event, Finished) for event in events) == 1
    assert text_in(events).strip()


async def test_no_piece_of_text_is_empty(model, request_of_alice):
    events = await events_of(model, request_of_alice)

    assert all(event.text for event in events if isinstance(event, TextDelta))


async def test_a_model_answers_again_and_again(model, request_of_alice):
    first = await events_of(model, request_of_alice)
    second = await events_of(model, request_of_alice)

    assert text_in(first) == text_in(second)


async def test_a_stream_left_early_can_be_closed_and_asked_anew(model, request_of_alice):
    async with aclosing(model.stream(request_of_alice)) as stream:
        assert isinstance(await anext(stream), TextDelta)

    assert isinstance((await events_of(model, request_of_alice))[-1], Finished)


async def test_only_a_language_model_writes_of_its_own(model):
    if model.is_language_model:
        assert (await model.complete("Bob asks", max_tokens=20)).strip()
    else:
        with pytest.raises(ModelError):
            await model.complete("Bob asks", max_tokens=20)


async def test_every_model_has_a_name(model):
    assert model.name
