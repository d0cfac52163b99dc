"""What a model server can do wrong, done by a server that really does it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from ai import errors
from ai.ports import ChatRequest, Finished, TextDelta
from ai.tests.raw_server import EVENT_STREAM, answering
from ai.tests.reading import events_of, text_in, until

ONE_TOKEN = b'data: {"choices":[{"delta":{"content":"one "}}]}\n\n'


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("mock-401", errors.ModelRefusedKey),
        ("mock-403", errors.ModelRefusedKey),
        ("mock-429", errors.ModelBusy),
        ("mock-500", errors.ModelUnavailable),
        ("mock-503", errors.ModelUnavailable),
        ("mock-400", errors.ModelRequestRefused),
        ("mock-404", errors.ModelRequestRefused),
        ("mock-ctx", errors.ModelContextTooLong),
        ("mock-drop0", errors.ModelUnavailable),
        ("mock-10t-drop5", errors.ModelConnectionLost),
        ("mock-10t-nofinish", errors.ModelConnectionLost),
        ("mock-10t-err5", errors.ModelUnavailable),
    ],
)
async def test_each_fault_has_an_error_of_its_own(model, error, provider, request_of_alice):
    with pytest.raises(error) as caught:
        await events_of(provider(model), request_of_alice)

    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("mock-401", errors.ModelRefusedKey),
        ("mock-429", errors.ModelBusy),
        ("mock-500", errors.ModelUnavailable),
        ("mock-drop0", errors.ModelUnavailable),
    ],
)
async def test_a_short_answer_fails_in_the_same_words(model, error, provider):
    with pytest.raises(error):
        await provider(model).complete("Bob asks", max_tokens=10)


async def test_a_busy_model_says_when_to_try_again(provider, request_of_alice):
    with pytest.raises(errors.ModelBusy) as caught:
        await events_of(provider("mock-429-after7"), request_of_alice)

    assert caught.value.params == {"retry_after": 7}


async def test_a_model_that_never_answers_is_given_up(provider, request_of_alice):
    with pytest.raises(errors.ModelTimedOut):
        await events_of(provider("mock-hang", first=0.1), request_of_alice)


async def test_a_short_answer_that_never_comes_is_given_up(provider):
    with pytest.raises(errors.ModelTimedOut):
        await provider("mock-hang", first=0.1).complete("Bob asks", max_tokens=10)


async def test_a_first_token_that_does_not_come_is_given_up(
    provider, request_of_alice, mock_server
):
    # The head of the answer comes at once, the first token too late.
    with pytest.raises(errors.ModelTimedOut):
        await events_of(provider("mock-ttft9000ms", first=0.1, gap=9), request_of_alice)

    await until(lambda: mock_server.get("/stats").get("aborted") == 1)


async def test_a_silence_between_tokens_is_bounded(provider, request_of_alice):
    events = []
    with pytest.raises(errors.ModelTimedOut):
        await events_of(provider("mock-10t-hang5", gap=0.1), request_of_alice, into=events)

    assert text_in(events).split() == [f"tok{i}" for i in range(5)]


async def test_what_came_before_an_error_in_the_stream_is_handed_on(provider, request_of_alice):
    events = []
    with pytest.raises(errors.ModelUnavailable):
        await events_of(provider("mock-10t-err5"), request_of_alice, into=events)

    assert text_in(events).split() == [f"tok{i}" for i in range(5)]


async def test_a_refused_connection_is_unavailable(provider, request_of_alice):
    with socket.socket() as held:  # bound but not listening: nobody else can take the port
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/v1"
        with pytest.raises(errors.ModelUnavailable):
            await events_of(provider(base_url=url), request_of_alice)


async def test_an_error_as_json_in_place_of_a_stream_is_refused(provider, request_of_alice):
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n"
    async with answering(head + b'{"error": {"message": "no"}}') as url:
        with pytest.raises(errors.ModelRequestRefused):
            await events_of(provider(base_url=url), request_of_alice)


async def test_a_redirect_is_not_followed(provider, request_of_alice, mock_server):
    head = f"HTTP/1.1 307 x\r\nlocation: {mock_server.url}/chat/completions\r\n"
    async with answering(head.encode() + b"content-length: 0\r\n\r\n") as url:
        with pytest.raises(errors.ModelRequestRefused):
            await events_of(provider(base_url=url), request_of_alice)

    assert "requests" not in mock_server.get("/stats")


async def test_a_trailer_that_does_not_come_does_not_fail_the_answer(
    provider, request_of_alice, monkeypatch
):
    monkeypatch.setattr("ai.providers.openai_compatible._TRAILER_S", 0.05)

    async with asyncio.timeout(10):
        events = await events_of(provider("mock-1t-notrailer", gap=60), request_of_alice)

    assert text_in(events) == "tok0 "
    assert events[-1] == Finished("stop")


async def test_a_connection_cut_after_the_finish_reason_does_not_fail_the_answer(
    provider, request_of_alice
):
    finish = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n"
    async with answering(head + ONE_TOKEN, finish) as url:
        events = await events_of(provider(base_url=url), request_of_alice)

    assert events == [TextDelta("one "), Finished("stop")]


async def test_the_bound_between_tokens_holds_though_the_first_one_had_more_time(
    provider, request_of_alice
):
    async with asyncio.timeout(10):
        with pytest.raises(errors.ModelTimedOut):
            await events_of(provider("mock-10t-hang5", first=60, gap=0.1), request_of_alice)


async def test_a_body_cut_short_is_a_lost_connection(provider, request_of_alice):
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9999\r\n\r\n"
    async with answering(head + ONE_TOKEN) as url:
        with pytest.raises(errors.ModelConnectionLost):
            await events_of(provider(base_url=url), request_of_alice)


async def test_a_body_that_just_ends_is_a_lost_connection(provider, request_of_alice):
    async with answering(EVENT_STREAM + ONE_TOKEN) as url:
        with pytest.raises(errors.ModelConnectionLost):
            await events_of(provider(base_url=url), request_of_alice)


async def test_an_event_without_end_does_not_fill_the_memory(provider, request_of_alice):
    async with answering(EVENT_STREAM, b"data: " + b"x" * 1_100_000) as url:
        with pytest.raises(errors.ModelUnavailable):
            await events_of(provider(base_url=url), request_of_alice)


async def test_an_answer_that_is_no_completion_is_unavailable(provider):
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n"
    async with answering(head + b"<html>a portal</html>") as url:
        with pytest.raises(errors.ModelUnavailable):
            await provider(base_url=url).complete("Bob asks", max_tokens=10)


@pytest.mark.parametrize(
    "model", ["mock-401", "mock-ctx", "mock-400", "mock-10t-drop5", "mock-hang"]
)
async def test_the_cause_holds_neither_key_nor_question(model, provider):
    request = ChatRequest(question="charlie's secret illness", language="en")

    with pytest.raises(errors.ModelError) as caught:
        await events_of(provider(model, first=0.2), request)

    for said in (str(caught.value), caught.value.cause, repr(caught.value.params)):
        assert "sk-alice" not in said
        assert "charlie" not in said


async def test_a_refusal_that_quotes_the_key_is_not_repeated(provider, request_of_alice):
    body = b'{"error": {"message": "Incorrect key: sk-alice-secret", "code": "sk-alice-secret"}}'
    head = b"HTTP/1.1 401 x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    async with answering(head % len(body) + body) as url:
        with pytest.raises(errors.ModelRefusedKey) as caught:
            await events_of(provider(base_url=url), request_of_alice)

    assert "sk-alice" not in caught.value.cause


def test_an_endpoint_does_not_show_its_key(provider):
    assert "sk-alice" not in repr(provider()._endpoint)
