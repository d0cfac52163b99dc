"""What is done about a model's faults, with models that do as they are told."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from ai import errors
from ai.patience import PatientModel
from ai.ports import Finished, Switched, TextDelta, Waiting
from ai.providers.scripted import Pause
from ai.tests.patient import POLICY, Pair
from ai.tests.reading import events_of, text_in


@pytest.fixture
def pair() -> Pair:
    return Pair()


@pytest.fixture
def alone() -> Pair:
    return Pair(alone=True)


async def test_a_model_without_faults_is_handed_through(pair, request_of_alice):
    pair.first.enqueue("Sixteen ", "weeks.")

    events = await events_of(pair.model, request_of_alice)

    assert events == [TextDelta("Sixteen "), TextDelta("weeks."), Finished("stop")]
    assert pair.first.requests == [request_of_alice]


@pytest.mark.parametrize(
    "error",
    [errors.ModelUnavailable, errors.ModelConnectionLost, errors.ModelTimedOut],
)
async def test_a_fault_before_the_first_text_is_tried_again(error, alone, request_of_alice):
    alone.first.enqueue(error())
    alone.first.enqueue("Sixteen weeks.")

    events = await events_of(alone.model, request_of_alice)

    assert events[0] == Waiting(seconds=1, code=error.code)
    assert text_in(events) == "Sixteen weeks."
    assert 0.5 <= alone.time.slept[0] <= 1.0


async def test_the_back_off_grows_and_the_tries_are_bounded(alone, request_of_alice):
    for _try in range(3):
        alone.first.enqueue(errors.ModelUnavailable())

    with pytest.raises(errors.ModelUnavailable):
        await events_of(alone.model, request_of_alice)

    assert len(alone.first.requests) == 3
    one, two = alone.time.slept
    assert 0.5 <= one <= 1.0 <= two <= 1.5


async def test_a_time_out_is_tried_once_more_only(alone, request_of_alice):
    alone.first.enqueue(errors.ModelTimedOut())
    alone.first.enqueue(errors.ModelTimedOut())

    with pytest.raises(errors.ModelTimedOut):
        await events_of(alone.model, request_of_alice)

    assert len(alone.first.requests) == 2


async def test_after_the_tries_the_next_model_answers(pair, request_of_alice):
    for _try in range(3):
        pair.first.enqueue(errors.ModelUnavailable())
    pair.second.enqueue("Sixteen weeks.")

    events = await events_of(pair.model, request_of_alice)

    assert [type(event) for event in events[:3]] == [Waiting, Waiting, Switched]
    assert events[2] == Switched(model="second", code="model-unavailable")
    assert text_in(events) == "Sixteen weeks."


async def test_each_model_has_all_its_tries(pair, request_of_alice):
    for model in (pair.first, pair.second):
        for _try in range(3):
            model.enqueue(errors.ModelUnavailable())

    with pytest.raises(errors.ModelUnavailable):
        await events_of(pair.model, request_of_alice)

    assert (len(pair.first.requests), len(pair.second.requests)) == (3, 3)


async def test_after_the_first_text_nothing_is_tried_again(pair, request_of_alice):
    pair.first.enqueue("Six", errors.ModelUnavailable())
    events = []

    with pytest.raises(errors.ModelUnavailable):
        await events_of(pair.model, request_of_alice, into=events)

    assert text_in(events) == "Six"
    assert (len(pair.first.requests), len(pair.second.requests)) == (1, 0)


@pytest.mark.parametrize("error", [errors.ModelRefusedKey, errors.ModelRequestRefused])
async def test_a_refusal_is_not_tried_again_but_elsewhere(error, pair, request_of_alice):
    pair.first.enqueue(error())
    pair.second.enqueue("Sixteen weeks.")

    events = await events_of(pair.model, request_of_alice)

    assert events[0] == Switched(model="second", code=error.code)
    assert len(pair.first.requests) == 1
    assert pair.time.slept == []


async def test_a_refused_key_of_the_only_model_is_an_error_at_once(alone, request_of_alice):
    alone.first.enqueue(errors.ModelRefusedKey())

    with pytest.raises(errors.ModelRefusedKey):
        await events_of(alone.model, request_of_alice)


async def test_a_busy_model_is_waited_for_as_long_as_it_says(pair, request_of_alice):
    pair.first.enqueue(errors.ModelBusy(retry_after=7))
    pair.first.enqueue("Sixteen weeks.")

    events = await events_of(pair.model, request_of_alice)

    assert events[0] == Waiting(seconds=8, code="model-busy")
    assert 7 <= pair.time.slept[0] <= 7.5
    assert text_in(events) == "Sixteen weeks."


async def test_a_model_that_is_busy_for_long_is_not_waited_for(pair, request_of_alice):
    pair.first.enqueue(errors.ModelBusy(retry_after=31))
    pair.second.enqueue("Sixteen weeks.")

    events = await events_of(pair.model, request_of_alice)

    assert events[0] == Switched(model="second", code="model-busy")
    assert pair.time.slept == []


async def test_the_only_model_that_is_busy_for_long_says_for_how_long(alone, request_of_alice):
    alone.first.enqueue(errors.ModelBusy(retry_after=31))

    with pytest.raises(errors.ModelBusy) as caught:
        await events_of(alone.model, request_of_alice)

    assert caught.value.params == {"retry_after": 31}


async def test_patience_ends_though_there_are_tries_and_models_left(pair, request_of_alice):
    pair.first.enqueue(Pause(POLICY.patience_s), errors.ModelTimedOut())

    with pytest.raises(errors.ModelTimedOut):
        await events_of(pair.model, request_of_alice)

    assert (len(pair.first.requests), len(pair.second.requests)) == (1, 0)


async def test_stopping_while_a_model_is_waited_for_asks_nothing_more(pair, request_of_alice):
    pair.first.enqueue(errors.ModelBusy(retry_after=20))
    asleep = asyncio.Event()

    async def sleep(seconds: float) -> None:
        asleep.set()
        await asyncio.sleep(seconds)

    model = PatientModel([pair.first], POLICY, sleep=sleep)
    task = asyncio.create_task(events_of(model, request_of_alice))
    await asleep.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(pair.first.requests) == 1


async def test_leaving_an_answer_closes_the_models_stream(pair, request_of_alice):
    pair.first.enqueue("Six", "teen")

    async with aclosing(pair.model.stream(request_of_alice)) as events:
        await anext(events)

    assert pair.first.closed_early == 1
