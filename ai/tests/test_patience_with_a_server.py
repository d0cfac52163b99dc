"""The faults of a model's server, done by one, and what the reader of an answer gets."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from ai import errors
from ai.patience import PatientModel, RetryPolicy
from ai.ports import Finished, SourcePassage, Switched, Trimmed, Waiting
from ai.tests.reading import events_of, text_in, until

POLICY = RetryPolicy(backoff_s=0.01)


@pytest.fixture
def patient(provider):
    """Makes a patient model of the mock's models with the given names."""

    def make(*models: str, policy: RetryPolicy = POLICY, **bounds: float) -> PatientModel:
        return PatientModel([provider(model, **bounds) for model in models], policy)

    return make


def asked(server, model: str) -> int:
    return server.get("/stats")["by_model"].get(model, 0)


async def test_a_server_that_fails_twice_answers_the_third_time(
    patient, mock_server, request_of_alice
):
    events = await events_of(patient("mock-5t-500x2"), request_of_alice)

    assert events[:2] == [Waiting(seconds=1, code="model-unavailable")] * 2
    assert text_in(events).count(" ") == 5
    assert asked(mock_server, "mock-5t-500x2") == 3


async def test_a_busy_server_is_asked_again_when_it_said(patient, mock_server, request_of_alice):
    slept = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    model = PatientModel(patient("mock-5t-429x2-after7")._models, POLICY, sleep=sleep)
    events = await events_of(model, request_of_alice)

    assert events[:2] == [Waiting(seconds=8, code="model-busy")] * 2
    assert all(7 <= seconds < 8 for seconds in slept)
    assert text_in(events).count(" ") == 5


async def test_a_refused_key_is_not_tried_twice(patient, mock_server, request_of_alice):
    with pytest.raises(errors.ModelRefusedKey):
        await events_of(patient("mock-401"), request_of_alice)

    assert asked(mock_server, "mock-401") == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("mock-401", "model-refused-key"),
        ("mock-404", "model-request-refused"),
        ("mock-429-after99", "model-busy"),
        ("mock-500", "model-unavailable"),
        ("mock-hang", "model-timed-out"),
        ("mock-drop0", "model-unavailable"),
        ("mock-err0", "model-unavailable"),
        ("mock-hang0", "model-timed-out"),
        ("mock-ctx", "model-context-too-long"),
    ],
)
async def test_the_next_model_answers_after_each_fault(fault, code, patient, request_of_alice):
    events = await events_of(patient(fault, "mock-5t", first=0.1), request_of_alice)

    notices = [event for event in events if isinstance(event, Switched)]
    assert notices == [Switched(model="mock-5t", code=code)]
    assert text_in(events).count(" ") == 5


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("mock-10t-drop5", errors.ModelConnectionLost),
        ("mock-10t-err5", errors.ModelUnavailable),
        ("mock-10t-hang5", errors.ModelTimedOut),
    ],
)
async def test_a_fault_in_mid_answer_is_not_hidden_by_another_answer(
    fault, error, patient, mock_server, request_of_alice
):
    events = []
    with pytest.raises(error):
        await events_of(patient(fault, "mock-5t", gap=0.1), request_of_alice, into=events)

    assert text_in(events).split() == [f"tok{i}" for i in range(5)]
    assert asked(mock_server, "mock-5t") == 0


async def test_a_server_with_a_small_window_gets_what_fits_it(
    patient, mock_server, request_of_alice
):
    passages = tuple(
        SourcePassage(number=number, title="Leave guide", place="p. 1", text="leave " * 200)
        for number in range(1, 21)
    )
    request = replace(request_of_alice, passages=passages)

    events = await events_of(patient("mock-5t-window4000"), request)

    last = [event for event in events if isinstance(event, Trimmed)][-1]
    sent = mock_server.get("/requests")[-1]["body"]["messages"][-1]["content"]
    assert sent.count("</passage>") == 20 - last.passages > 1
    assert request.question in sent
    assert text_in(events).count(" ") == 5


async def test_a_server_that_never_ends_is_cut_off_by_length(
    patient, mock_server, request_of_alice
):
    request = replace(request_of_alice, max_tokens=20)

    events = await events_of(patient("mock-9999999t"), request)

    assert len(text_in(events)) == 200
    assert events[-1] == Finished("length")
    await until(lambda: mock_server.get("/stats").get("aborted") == 1)


async def test_a_server_that_never_ends_is_cut_off_by_time(patient, mock_server, request_of_alice):
    async with asyncio.timeout(10):
        events = await events_of(patient("mock-9999999t-10ms", whole=0.2), request_of_alice)

    assert text_in(events)
    assert events[-1] == Finished("length")
    await until(lambda: mock_server.get("/stats").get("aborted") == 1)


async def test_a_server_that_thinks_for_ever_has_timed_out(patient, request_of_alice):
    async with asyncio.timeout(10):
        with pytest.raises(errors.ModelTimedOut):
            await events_of(patient("mock-reason99999-10ms", whole=0.1), request_of_alice)


async def test_the_servers_own_end_for_length_is_told(patient, request_of_alice):
    events = await events_of(patient("mock-5t-length"), request_of_alice)

    assert events[-1] == Finished("length")
