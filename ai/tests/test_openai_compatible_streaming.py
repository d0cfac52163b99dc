"""The token path over the real wire, against the mock model."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest
from aiohttp.client_proto import ResponseHandler

from ai.ports import ChatRequest, Finished, TextDelta, Usage
from ai.tests.raw_server import EVENT_STREAM, answering
from ai.tests.reading import events_of, text_in, until

TEN_TOKENS = "".join(f"tok{i} " for i in range(10))


async def test_text_comes_whole_then_usage_then_the_end(provider, request_of_alice):
    events = await events_of(provider("mock-10t"), request_of_alice)

    assert text_in(events) == TEN_TOKENS
    assert isinstance(events[-2], Usage)
    assert events[-2].completion_tokens == 10
    assert events[-1] == Finished("stop")


async def test_tokens_are_passed_on_as_they_come(provider, request_of_alice, mock_server):
    async with aclosing(provider("mock-3t-hang1").stream(request_of_alice)) as stream:
        assert await anext(stream) == TextDelta("tok0 ")


async def test_tokens_of_one_network_read_leave_together(provider, request_of_alice):
    events = b"".join(b'data: {"choices":[{"delta":{"content":"%d "}}]}\n\n' % i for i in range(5))
    async with answering(EVENT_STREAM, events + b"data: [DONE]\n\n") as url:
        answer = await events_of(provider(base_url=url), request_of_alice)

    assert answer == [TextDelta("0 1 2 3 4 "), Finished("stop")]


async def test_an_event_cut_anywhere_is_read_whole(provider, request_of_alice):
    event = 'data: {"choices":[{"delta":{"content":"été"},"finish_reason":"stop"}]}\r\n\r\n'
    body = event.encode()
    middle = body.index("é".encode()) + 1  # inside a character
    async with answering(
        EVENT_STREAM, body[:middle], body[middle:-3], body[-3:-1], body[-1:]
    ) as url:
        answer = await events_of(provider(base_url=url), request_of_alice)

    assert answer == [TextDelta("été"), Finished("stop")]


async def test_lines_that_end_in_cr_lf_are_understood(provider, request_of_alice):
    events = await events_of(provider("mock-10t-crlf"), request_of_alice)

    assert text_in(events) == TEN_TOKENS


async def test_an_answer_cut_by_its_length_says_so(provider, request_of_alice):
    events = await events_of(provider("mock-10t-length"), request_of_alice)

    assert events[-1] == Finished("length")


async def test_reasoning_is_not_part_of_the_answer(provider, request_of_alice):
    events = await events_of(provider("mock-10t-reason20"), request_of_alice)

    assert text_in(events) == TEN_TOKENS


async def test_a_long_reasoning_is_no_silence(provider, request_of_alice):
    events = await events_of(provider("mock-1t-reason20-50ms", first=0.5), request_of_alice)

    assert text_in(events) == "tok0 "


async def test_a_line_that_is_no_json_is_passed_over_and_logged(provider, request_of_alice, caplog):
    events = await events_of(provider("mock-10t-bad4"), request_of_alice)

    assert text_in(events) == TEN_TOKENS
    assert "1 unreadable events" in caplog.text


async def test_an_answer_without_done_is_complete_by_its_finish_reason(provider, request_of_alice):
    events = await events_of(provider("mock-10t-nodone"), request_of_alice)

    assert text_in(events) == TEN_TOKENS
    assert events[-1] == Finished("stop")


async def test_the_request_carries_prompt_limit_and_wish_for_usage(
    provider, request_of_alice, mock_server
):
    await events_of(provider("mock-1t"), request_of_alice)

    body = mock_server.get("/requests")[0]["body"]
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert "sixteen weeks" in body["messages"][1]["content"]
    assert body["max_tokens"] == request_of_alice.max_tokens
    assert body["stream_options"] == {"include_usage": True}


async def test_a_server_without_stream_options_is_asked_again_without(
    provider, request_of_alice, mock_server
):
    model = provider("mock-10t-nousage")

    first = await events_of(model, request_of_alice)
    second = await events_of(model, request_of_alice)

    assert text_in(first) == text_in(second) == TEN_TOKENS
    assert first[-2:] == [first[-2], Finished("stop")]
    assert not any(isinstance(event, Usage) for event in first)
    # Refused once, then never asked for again.
    assert mock_server.get("/stats")["requests"] == 3


async def test_a_server_that_wants_max_completion_tokens_gets_it(
    provider, request_of_alice, mock_server
):
    events = await events_of(provider("mock-10t-nomax"), request_of_alice)

    assert text_in(events) == TEN_TOKENS
    body = mock_server.get("/requests")[-1]["body"]
    assert body["max_completion_tokens"] == request_of_alice.max_tokens
    assert "max_tokens" not in body


async def test_closing_the_iterator_closes_the_connection(provider, request_of_alice, mock_server):
    model = provider("mock-100000t-1ms")
    async with aclosing(model.stream(request_of_alice)) as stream:
        await anext(stream)

    await until(lambda: mock_server.get("/stats").get("aborted") == 1)
    sent = mock_server.get("/stats")["tokens"]
    await asyncio.sleep(0.05)
    assert mock_server.get("/stats")["tokens"] == sent

    # It was not put back into the pool: the next question makes a connection of its own.
    assert text_in(await events_of(provider("mock-10t"), request_of_alice)) == TEN_TOKENS


async def test_cancelling_the_reader_closes_the_connection(provider, request_of_alice, mock_server):
    task = asyncio.create_task(events_of(provider("mock-100000t-1ms"), request_of_alice))
    await until(lambda: mock_server.get("/stats").get("tokens", 0) > 0)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await until(lambda: mock_server.get("/stats").get("aborted") == 1)


async def test_questions_one_after_the_other_share_a_connection(
    provider, request_of_alice, mock_server
):
    model = provider("mock-10t")
    for _ in range(3):
        await events_of(model, request_of_alice)

    # One of the model's connections; the other is the one that asks for the figures.
    assert mock_server.get("/stats")["connections"] == 2


async def test_a_connection_is_used_again_though_its_body_ends_late(
    provider, request_of_alice, mock_server, monkeypatch
):
    monkeypatch.setattr("ai.providers.openai_compatible._DRAIN_S", 5)  # a busy test machine
    model = provider("mock-10t-lateend")
    for _ in range(3):
        await events_of(model, request_of_alice)

    assert mock_server.get("/stats")["connections"] == 2  # the other one asks for the figures


async def test_a_short_answer_comes_without_streaming(provider, mock_server):
    answer = await provider("mock-echo").complete("Bob asks something", max_tokens=20)

    assert answer.strip() == "Bob asks something"
    body = mock_server.get("/requests")[0]["body"]
    assert body["stream"] is False
    assert body["max_tokens"] == 20


async def test_many_streams_at_once_do_not_mix(provider):
    model = provider("mock-echo-1ms")
    words = [f"question{i}" for i in range(30)]
    requests = [ChatRequest(question=word, language="en") for word in words]

    answers = await asyncio.gather(*(events_of(model, request) for request in requests))

    for word, answer in zip(words, answers, strict=True):
        assert text_in(answer).split()[-1] == word


async def test_an_answer_that_fills_every_buffer_comes_whole(
    provider, request_of_alice, monkeypatch
):
    """Reading is paused where the reader is slow, and must be taken up again."""
    paused, resumed = [], []
    pause, resume = ResponseHandler.pause_reading, ResponseHandler.resume_reading
    monkeypatch.setattr(
        ResponseHandler, "pause_reading", lambda self: (paused.append(self), pause(self))
    )
    monkeypatch.setattr(
        ResponseHandler,
        "resume_reading",
        lambda self, *parser: (resumed.append(self), resume(self, *parser)),
    )
    text = ""
    async for event in provider("mock-5000t-0ms").stream(
        replace(request_of_alice, max_tokens=100_000)
    ):
        if isinstance(event, TextDelta):
            text += event.text
            await until(lambda: paused)  # reads no further before every buffer is full
    assert text.count(" ") == 5000
    assert len(resumed) <= len(paused) + 1  # once for each pause, and not for each token
