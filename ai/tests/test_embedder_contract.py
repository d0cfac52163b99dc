"""What holds for every embedder: scripted, the real client against the mock server, and one that
computes here."""

from __future__ import annotations

import pytest

from ai.ports import Embedder
from ai.providers.embeddings import OpenAICompatibleEmbedder
from ai.providers.endpoints import EmbeddingEndpoint
from ai.providers.local_embeddings import LocalEmbedder, LocalModel
from ai.providers.scripted import ScriptedEmbedder
from ai.tests.tiny_model import NAME, write_tiny_model


@pytest.fixture(params=["scripted", "openai_compatible", "local"])
def embedder(request, mock_server, tmp_path):
    if request.param == "scripted":
        yield ScriptedEmbedder()
        return
    if request.param == "local":
        write_tiny_model(tmp_path)
        embedder = LocalEmbedder(LocalModel(NAME, tmp_path), model=f"fastembed:{NAME}")
        yield embedder
        embedder.close()
        return
    endpoint = EmbeddingEndpoint(base_url=mock_server.url, model="mock-embed-384")
    embedder = OpenAICompatibleEmbedder(endpoint)
    yield embedder
    embedder.close()


def cosine(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_each_text_has_its_vector_in_the_order_given(embedder: Embedder):
    texts = ["parental leave", "travel by train", "the canteen"]

    vectors = embedder.embed_passages(texts)

    assert vectors == [embedder.embed_passages([text])[0] for text in texts]


def test_every_vector_has_the_dimensions_that_are_told(embedder: Embedder):
    assert len(embedder.embed_query("parental leave")) == embedder.dimensions
    assert {len(v) for v in embedder.embed_passages(["a", "b"])} == {embedder.dimensions}


def test_the_dimensions_are_known_before_anything_was_embedded(embedder: Embedder):
    assert embedder.dimensions > 0


def test_a_question_is_nearer_to_the_text_it_shares_words_with(embedder: Embedder):
    leave, travel = embedder.embed_passages(["parental leave lasts weeks", "trains are booked"])
    question = embedder.embed_query("how long is parental leave")

    assert cosine(question, leave) > cosine(question, travel)


def test_vectors_are_plain_tuples_of_floats(embedder: Embedder):
    vector = embedder.embed_query("parental leave")

    assert type(vector) is tuple
    assert all(type(value) is float for value in vector)


def test_no_text_gives_no_vector(embedder: Embedder):
    assert embedder.embed_passages([]) == []
