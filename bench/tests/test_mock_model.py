"""The mock model keeps to the wire it stands for."""

from __future__ import annotations

import http.client
import json

import pytest

from bench.mock_model import Serving, serving

TOOL = {"function": {"name": "search", "parameters": {"properties": {"query": {}}}}}


@pytest.fixture(scope="module")
def _server():
    with serving() as server:
        yield server


@pytest.fixture
def server(_server: Serving) -> Serving:
    _server.reset()
    return _server


def post(server: Serving, path: str, body: object, *, chunked: bool = False):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    payload = json.dumps(body).encode()
    connection.request(
        "POST",
        f"/v1{path}",
        body=iter([payload[:5], payload[5:]]) if chunked else payload,
        encode_chunked=chunked,
        headers={"Transfer-Encoding": "chunked"} if chunked else {},
    )
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response, text


def chat(model: str, text: str = "Bob asks", **more: object) -> dict[str, object]:
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def chunks_of(text: str):
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


def test_a_stream_holds_as_many_tokens_as_its_name_says(server):
    _, text = post(server, "/chat/completions", chat("mock-7t", stream=True))

    deltas = [chunk["choices"][0]["delta"] for chunk in chunks_of(text)]
    assert "".join(delta.get("content", "") for delta in deltas).count(" ") == 7


def test_usage_comes_only_where_it_is_wished(server):
    wish = {"stream_options": {"include_usage": True}}
    _, without = post(server, "/chat/completions", chat("mock-7t", stream=True))
    _, text = post(server, "/chat/completions", chat("mock-7t", stream=True, **wish))

    assert "usage" not in without
    assert chunks_of(text)[-1]["usage"]["completion_tokens"] == 7


@pytest.mark.parametrize("stream", [True, False])
def test_a_tool_is_called_with_the_question(server, stream):
    body = chat("mock-tool", stream=stream, tools=[TOOL])

    _, text = post(server, "/chat/completions", body)

    if stream:
        calls = [chunk["choices"][0]["delta"].get("tool_calls") for chunk in chunks_of(text)]
        arguments = "".join(call[0]["function"]["arguments"] for call in calls if call)
    else:
        message = json.loads(text)["choices"][0]["message"]
        arguments = message["tool_calls"][0]["function"]["arguments"]
    assert json.loads(arguments) == {"query": "Bob asks"}


def test_a_fault_may_pass_after_some_requests(server):
    body = chat("mock-503x2-after9")
    answers = [post(server, "/chat/completions", body)[0] for _ in range(3)]

    assert [answer.status for answer in answers] == [503, 503, 200]
    assert answers[0].headers["retry-after"] == "9"


def test_a_body_in_chunks_is_read(server):
    _, text = post(server, "/chat/completions", chat("mock-echo", "Bob asks"), chunked=True)

    assert json.loads(text)["choices"][0]["message"]["content"] == "Bob asks "


def test_what_was_asked_can_be_read_back_and_forgotten(server):
    post(server, "/chat/completions", chat("mock-1t"))
    assert server.get("/requests")[0]["body"]["model"] == "mock-1t"

    server.reset()
    assert server.get("/requests") == []


@pytest.mark.parametrize("body", ["text", {}, {"model": "mock-1t"}])
def test_nonsense_is_refused_as_the_real_servers_do(server, body):
    response, text = post(server, "/nowhere", body)

    assert response.status in (400, 404)
    assert json.loads(text)["error"]["message"].startswith("mock: ")


def test_a_window_refuses_what_does_not_fit_with_its_answer(server):
    question = "word " * 800  # 1,000 tokens by the mock's count

    fits, _ = post(server, "/chat/completions", chat("mock-window2000", question, max_tokens=900))
    full, text = post(
        server, "/chat/completions", chat("mock-window2000", question, max_tokens=1000)
    )

    assert (fits.status, full.status) == (200, 400)
    assert json.loads(text)["error"]["code"] == "context_length_exceeded"


def test_a_running_mock_changes_what_it_does_and_back(server):
    post(server, "/also", {"options": "500"})
    refused, _ = post(server, "/chat/completions", chat("mock-3t"))
    post(server, "/also", {"options": "html"})
    page, text = post(server, "/embeddings", {"model": "mock-embed", "input": "leave"})
    post(server, "/also", {"options": ""})
    answered, _ = post(server, "/chat/completions", chat("mock-3t"))

    assert (refused.status, page.status, answered.status) == (500, 200, 200)
    assert page.headers["content-type"] == "text/html"
    assert text.startswith("<html>")
