"""The embedding client over the real wire."""

from __future__ import annotations

import socket

import pytest

from ai import errors
from ai.providers import embeddings
from ai.providers.embeddings import BATCH_TEXTS, OpenAICompatibleEmbedder
from ai.providers.endpoints import EmbeddingEndpoint


@pytest.fixture
def embedder(mock_server):
    made = []

    def make(model: str, *, dimensions: int = 0, base_url: str = "", **prefixes: str):
        endpoint = EmbeddingEndpoint(
            base_url=base_url or mock_server.url,
            model=model,
            api_key="sk-alice-secret",
            dimensions=dimensions,
            **prefixes,
        )
        made.append(OpenAICompatibleEmbedder(endpoint))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(autouse=True)
def _no_retries(monkeypatch):
    monkeypatch.setattr(embeddings, "_PASSAGES_RETRIES", 0)


def inputs(mock_server) -> list[list[str]]:
    return [request["body"]["input"] for request in mock_server.get("/requests")]


def test_many_texts_go_in_batches(embedder, mock_server):
    texts = [f"text {i}" for i in range(BATCH_TEXTS * 2 + 5)]

    vectors = embedder("mock-embed-384").embed_passages(texts)

    assert len(vectors) == len(texts)
    assert [len(batch) for batch in inputs(mock_server)] == [BATCH_TEXTS, BATCH_TEXTS, 5]


def test_the_dimensions_are_asked_for_once(embedder, mock_server):
    model = embedder("mock-embed-384")

    assert [model.dimensions, model.dimensions] == [384, 384]
    assert mock_server.get("/stats")["requests"] == 1


def test_configured_dimensions_are_known_without_asking_and_sent(embedder, mock_server):
    model = embedder("mock-embed", dimensions=256)

    assert model.dimensions == 256
    assert "requests" not in mock_server.get("/stats")
    assert len(model.embed_query("text")) == 256
    assert mock_server.get("/requests")[0]["body"]["dimensions"] == 256


def test_a_server_that_cannot_shorten_is_asked_without(embedder, mock_server):
    model = embedder("mock-embed-384-nodims", dimensions=384)

    assert len(model.embed_query("text")) == len(model.embed_query("text")) == 384
    assert mock_server.get("/stats")["requests"] == 3


def test_vectors_of_another_length_than_configured_are_refused(embedder):
    with pytest.raises(errors.ModelRequestRefused) as caught:
        embedder("mock-embed-384-nodims", dimensions=256).embed_query("text")

    assert "384 dimensions, expected 256" in caught.value.cause


def test_e5_models_get_the_words_they_were_trained_with(embedder, mock_server):
    model = embedder("mock-multilingual-e5-small")

    model.embed_passages(["text"])
    model.embed_query("question")

    assert inputs(mock_server) == [["passage: text"], ["query: question"]]


def test_configured_prefixes_win_over_the_models_name(embedder, mock_server):
    model = embedder("mock-e5", query_prefix="Q: ", passage_prefix="")

    model.embed_passages(["text"])
    model.embed_query("question")

    assert inputs(mock_server) == [["text"], ["Q: question"]]


def test_instructed_e5_models_and_names_that_only_hold_e5_have_none(embedder, mock_server):
    for name in ("mock-embed-me5-like", "mock-embed-e5-large-instruct"):
        embedder(name).embed_passages(["text"])

    assert inputs(mock_server) == [["text"], ["text"]]


def test_passages_wait_as_a_busy_server_says(embedder, mock_server, monkeypatch):
    monkeypatch.setattr(embeddings, "_PASSAGES_RETRIES", 3)
    slept = []
    monkeypatch.setattr("time.sleep", slept.append)

    assert len(embedder("mock-embed-384-429x2-after7").embed_passages(["text"])) == 1
    assert slept == [7, 7]


def test_a_question_does_not_wait_for_a_server_that_has_just_failed(embedder, mock_server):
    model = embedder("mock-embed-384-500x1")
    for _ in range(2):
        with pytest.raises(errors.ModelUnavailable):
            model.embed_query("text")

    assert mock_server.get("/stats")["requests"] == 1
    assert len(model.embed_passages(["text"])) == 1  # ingestion has time


def test_other_models_get_the_text_as_it_is(embedder, mock_server):
    embedder("mock-embed").embed_query("question")

    assert inputs(mock_server) == [["question"]]


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("mock-embed-401", errors.ModelRefusedKey),
        ("mock-embed-429-after7", errors.ModelBusy),
        ("mock-embed-500", errors.ModelUnavailable),
        ("mock-embed-html", errors.ModelUnavailable),
        ("mock-embed-404", errors.ModelRequestRefused),
        ("mock-embed-ctx", errors.ModelContextTooLong),
    ],
)
def test_each_fault_has_an_error_of_its_own(embedder, model, error):
    with pytest.raises(error) as caught:
        embedder(model).embed_query("charlie's secret illness")

    assert type(caught.value) is error
    assert "charlie" not in str(caught.value)
    assert "sk-alice" not in str(caught.value)


def test_a_busy_server_says_when_to_try_again(embedder):
    with pytest.raises(errors.ModelBusy) as caught:
        embedder("mock-embed-429-after7").embed_passages(["text"])

    assert caught.value.params == {"retry_after": 7}


def test_passages_are_tried_again_after_a_failure(embedder, monkeypatch):
    monkeypatch.setattr(embeddings, "_PASSAGES_RETRIES", 2)

    assert len(embedder("mock-embed-384-500x1").embed_passages(["text"])) == 1


def test_a_server_that_does_not_answer_is_given_up(embedder, monkeypatch):
    monkeypatch.setattr(embeddings, "_QUERY_TIMEOUT_S", 0.1)

    with pytest.raises(errors.ModelTimedOut):
        embedder("mock-embed-hang").embed_query("text")


def test_a_refused_connection_is_unavailable(embedder):
    with socket.socket() as held:  # bound but not listening: nobody else can take the port
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/v1"
        with pytest.raises(errors.ModelUnavailable):
            embedder("mock-embed", base_url=url).embed_query("text")
