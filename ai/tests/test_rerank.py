"""The rerank client over the real wire: every shape that servers speak, and every fault."""

from __future__ import annotations

import asyncio
import math
import socket

import pytest
from aiohttp import web

from ai import errors
from ai.providers.endpoints import RerankEndpoint
from ai.providers.rerank import MAX_CHARACTERS, HttpReranker, scores_of
from ai.providers.resting import REST_S, Rest
from ai.tests.rerank_server import ranked, rerank_server

TEXTS = ["short", "the longest of them", "in between"]
SCORES = [5.0, 19.0, 10.0]


@pytest.fixture
def reranker():
    made = []

    def make(url: str, *, timeout_s: float = 5):
        endpoint = RerankEndpoint(url, "rerank-alice", "sk-alice-secret", timeout_s)
        made.append(HttpReranker(endpoint))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize(
    "shaped",
    [
        lambda found: {"id": "1", "results": found, "meta": {}},  # Cohere, Jina, Infinity
        lambda found: {"model": "m", "usage": {}, "results": found},  # vLLM
        lambda found: {"object": "list", "data": found},  # Voyage
    ],
)
def test_the_common_wire(reranker, shaped):
    with rerank_server(lambda _request, body: shaped(ranked(body))) as server:
        assert reranker(server.url).rerank("which?", TEXTS) == SCORES

    (body,) = server.bodies
    assert body == {"model": "rerank-alice", "query": "which?", "documents": TEXTS, "top_n": 3}
    assert server.keys == ["Bearer sk-alice-secret"]


def test_a_server_that_wants_texts_is_asked_so_from_then_on(reranker):
    def tei(_request, body):
        if "texts" not in body:
            return web.json_response({"error": "missing field `texts`"}, status=422)
        return ranked(body, "score")

    with rerank_server(tei) as server:
        model = reranker(server.url)
        assert model.rerank("which?", TEXTS) == SCORES
        assert model.rerank("which?", TEXTS) == SCORES

    assert [set(body) for body in server.bodies] == [
        {"model", "query", "documents", "top_n"},
        {"query", "texts", "truncate"},
        {"query", "texts", "truncate"},
    ]


def test_what_a_server_leaves_out_comes_last(reranker):
    with rerank_server(lambda _request, body: {"results": ranked(body)[:1]}) as server:
        assert reranker(server.url).rerank("?", TEXTS) == [-math.inf, 19.0, -math.inf]


def test_long_texts_are_cut_and_no_text_asks_nobody(reranker):
    with rerank_server(lambda _request, body: {"results": ranked(body)}) as server:
        reranker(server.url).rerank("?", ["x" * 10_000])
        assert reranker(server.url).rerank("?", []) == []

    assert [len(body["documents"][0]) for body in server.bodies] == [MAX_CHARACTERS]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"results": []},
        {"results": "none"},
        {"results": [{"index": 3, "relevance_score": 1.0}]},
        {"results": [{"index": -1, "relevance_score": 1.0}]},
        {"results": [{"index": 0, "relevance_score": 1.0}] * 2},
        {"results": [{"index": 0}]},
        {"results": [{"relevance_score": 1.0}]},
        {"results": [{"index": "0", "relevance_score": 1.0}]},
        {"results": ["alice"]},
        [{"index": 0, "score": math.inf}],
        "alice",
    ],
)
def test_nonsense_is_no_ranking(answer):
    with pytest.raises(ValueError, match=r"^(no list|a result|index)"):
        scores_of(answer, 3)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda: web.Response(status=401), errors.ModelRefusedKey),
        (lambda: web.Response(status=429, headers={"Retry-After": "7"}), errors.ModelBusy),
        (lambda: web.Response(status=503), errors.ModelUnavailable),
        (lambda: web.Response(status=400), errors.ModelRequestRefused),
        (lambda: web.Response(text="<html>"), errors.ModelUnavailable),
        (lambda: web.json_response({"results": [{"index": 9}]}), errors.ModelUnavailable),
    ],
)
def test_each_fault_has_an_error_that_says_nothing_of_the_texts(reranker, answer, error):
    with (
        rerank_server(lambda _request, _body: answer()) as server,
        pytest.raises(error) as caught,
    ):
        reranker(server.url).rerank("charlie's secret illness", ["charlie is ill"])

    assert type(caught.value) is error
    assert "charlie" not in str(caught.value)
    assert "sk-alice" not in str(caught.value)


async def _for_ever(_request, _body):
    await asyncio.sleep(60)


async def _in_drips(request, _body):
    """Each byte within the client's bounds, the whole far beyond them."""
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(600):
        await response.write(b" ")
        await asyncio.sleep(0.1)
    return response


@pytest.mark.parametrize("answer", [_for_ever, _in_drips])
def test_a_server_that_does_not_come_to_an_end_is_left_alone(reranker, answer):
    with rerank_server(answer) as server:
        model = reranker(server.url, timeout_s=0.3)
        with pytest.raises(errors.ModelTimedOut):
            model.rerank("?", TEXTS)
        # The next question does not wait for it at all.
        with pytest.raises(errors.ModelUnavailable, match="failed; asked again"):
            model.rerank("?", TEXTS)
        assert len(server.bodies) == 1
        model.close()


def test_a_refused_connection_is_unavailable(reranker):
    with socket.socket() as held:  # bound but not listening: nobody else can take the port
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/rerank"
        with pytest.raises(errors.ModelUnavailable):
            reranker(url).rerank("?", TEXTS)


def test_a_rest_has_an_end_and_is_as_long_as_the_server_wants():
    now = [0.0]
    rest = Rest("server", lambda: now[0])

    def ask(error=None):
        with rest.observed():
            if error is not None:
                raise error

    for error, until in [(errors.ModelTimedOut(), REST_S), (errors.ModelBusy(retry_after=90), 90)]:
        now[0] += 1000
        with pytest.raises(type(error)):
            ask(error)
        now[0] += until - 1
        with pytest.raises(errors.ModelUnavailable):
            ask()
        now[0] += 1
        ask()

    with pytest.raises(errors.ModelContextTooLong):
        ask(errors.ModelContextTooLong())
    ask()
