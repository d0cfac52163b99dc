"""The embedding server of the retrieval benchmark, with a model of a few words."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from ai.tests.tiny_model import WIDTH, write_tiny_model
from bench.embedding_server import CachedModel, answer
from bench.minilm import MODEL


@pytest.fixture
def model(tmp_path):
    write_tiny_model(tmp_path, MODEL)
    return CachedModel(tmp_path, MODEL, str(tmp_path / "vectors.sqlite3"))


def test_vectors_come_in_the_order_of_the_texts_as_numbers_or_as_bytes(model):
    texts = ["parental leave lasts weeks", "train"]
    plain = [each["embedding"] for each in answer(model, {"input": texts})["data"]]
    packed = answer(model, {"input": texts, "encoding_format": "base64"})["data"]

    assert [len(vector) for vector in plain] == [WIDTH, WIDTH]
    for vector, each in zip(plain, packed, strict=True):
        assert np.frombuffer(base64.b64decode(each["embedding"]), "<f4").tolist() == vector
    assert answer(model, {"input": "train"})["data"][0]["embedding"] == plain[1]


def test_a_text_is_computed_once_and_kept(model, tmp_path, monkeypatch):
    (first,) = model.vectors(["parental leave"])
    later = CachedModel(tmp_path, MODEL, str(tmp_path / "vectors.sqlite3"))
    computed = []
    monkeypatch.setattr(later._model, "embed", lambda texts, **_: computed.extend(texts) or [])

    (again,) = later.vectors(["parental leave"])

    assert computed == []
    assert again.tolist() == first.tolist()
