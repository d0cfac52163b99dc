"""What is sent of a request that a model cannot read at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ai import errors
from ai.patience import RetryPolicy
from ai.ports import Switched, Trimmed, Turn
from ai.tests.patient import Pair
from ai.tests.reading import events_of, text_in


@pytest.fixture
def pair() -> Pair:
    return Pair()


async def test_what_does_not_fit_is_left_out_before_the_model_is_asked(pair, request_of_alice):
    history = tuple(Turn("user", "leave " * 3_000) for _turn in range(4))
    pair.first.enqueue("Sixteen weeks.")

    events = await events_of(pair.model, replace(request_of_alice, history=history))

    assert events[0] == Trimmed(passages=0, turns=2)
    assert pair.first.requests[0].history == history[2:]


async def test_a_context_refused_as_too_long_is_sent_shorter(pair, request_of_alice):
    passages = request_of_alice.passages * 20
    pair.first.enqueue(errors.ModelContextTooLong())
    pair.first.enqueue("Sixteen weeks.")

    events = await events_of(pair.model, replace(request_of_alice, passages=passages))

    sent = pair.first.requests[1]
    assert events[0] == Trimmed(passages=20 - len(sent.passages), turns=0)
    assert 0 < len(sent.passages) < 20
    assert text_in(events) == "Sixteen weeks."


async def test_what_is_left_out_is_counted_from_the_whole_request(request_of_alice):
    pair = Pair(policy=RetryPolicy(context_tokens=6_000))
    request = replace(request_of_alice, passages=request_of_alice.passages * 200)
    for _try in range(2):
        pair.first.enqueue(errors.ModelContextTooLong())
    pair.first.enqueue("Sixteen weeks.")

    events = await events_of(pair.model, request)

    left_out = [event.passages for event in events if isinstance(event, Trimmed)]
    assert left_out == [200 - len(sent.passages) for sent in pair.first.requests]
    assert len(set(left_out)) == 3


async def test_a_question_that_no_shortening_helps_goes_to_the_next_model(pair, request_of_alice):
    pair.first.enqueue(errors.ModelContextTooLong())
    pair.second.enqueue("Sixteen weeks.")

    events = await events_of(pair.model, request_of_alice)

    assert events[0] == Switched(model="second", code="model-context-too-long")


async def test_a_question_that_cannot_fit_asks_no_model(pair, request_of_alice):
    with pytest.raises(errors.ModelContextTooLong):
        await events_of(pair.model, replace(request_of_alice, question="why " * 20_000))

    assert pair.first.requests == []
