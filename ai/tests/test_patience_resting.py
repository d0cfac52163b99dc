"""A model that has just failed is asked after the others; short answers are tried once."""

from __future__ import annotations

import pytest

from ai import errors
from ai.patience import REST_S
from ai.ports import Switched, TextDelta
from ai.tests.patient import Pair
from ai.tests.reading import events_of, text_in


@pytest.fixture
def pair() -> Pair:
    return Pair()


async def test_a_model_that_has_just_failed_is_left_in_peace(pair, request_of_alice):
    model = pair.model
    pair.first.enqueue(errors.ModelRefusedKey())
    for _question in range(2):
        pair.second.enqueue("Sixteen weeks.")
    await events_of(model, request_of_alice)

    events = await events_of(model, request_of_alice)
    assert events[0] == Switched(model="second", code="model-refused-key")
    assert len(pair.first.requests) == 1

    pair.time.now += REST_S
    pair.first.enqueue("Sixteen weeks.")
    events = await events_of(model, request_of_alice)
    assert events[0] == TextDelta("Sixteen weeks.")


async def test_a_model_that_rests_is_better_than_none(pair, request_of_alice):
    model = pair.model
    for script in (pair.first, pair.second):
        script.enqueue(errors.ModelRefusedKey())
    with pytest.raises(errors.ModelRefusedKey):
        await events_of(model, request_of_alice)

    pair.first.enqueue("Sixteen weeks.")
    events = await events_of(model, request_of_alice)

    assert text_in(events) == "Sixteen weeks."


async def test_a_fault_of_the_request_does_not_send_the_model_to_rest(pair, request_of_alice):
    model = pair.model
    pair.first.enqueue(errors.ModelRequestRefused())
    pair.second.enqueue("Sixteen weeks.")
    await events_of(model, request_of_alice)

    pair.first.enqueue("Sixteen weeks.")
    await events_of(model, request_of_alice)

    assert len(pair.first.requests) == 2


async def test_a_short_answer_is_asked_of_each_model_once(pair):
    pair.first.enqueue_completion(errors.ModelUnavailable())
    pair.second.enqueue_completion("Is parental leave paid?")

    answer = await pair.model.complete("Rewrite.", max_tokens=20)

    assert answer == "Is parental leave paid?"
    assert pair.time.slept == []


async def test_a_short_answer_fails_with_the_last_model(pair):
    pair.first.enqueue_completion(errors.ModelUnavailable())
    pair.second.enqueue_completion(errors.ModelRefusedKey())

    with pytest.raises(errors.ModelRefusedKey):
        await pair.model.complete("Rewrite.", max_tokens=20)
