"""However the corpora that are asked are named to the engine, the same points are counted."""

from __future__ import annotations

import pytest

from documents.adapters import edge_filters
from documents.adapters.memory_index import MemoryIndex
from documents.adapters.qdrant_edge import QdrantEdgeIndex
from documents.tests.passage_points import SHOWN, asking, key, point

CORPORA = [key(f"corpus {number}") for number in range(4)]
TEXTS = ("travel budget", "travel pension", "budget of the pension", "travel")


def points():
    return [
        point(text, version=f"v{number}", corpus=corpus, standing=SHOWN)
        for number, corpus in enumerate(CORPORA)
        for text in TEXTS[number:]
    ]


@pytest.fixture
def indexes(tmp_path):
    edge, memory = QdrantEdgeIndex(tmp_path), MemoryIndex()
    for index in (edge, memory):
        index.write_chunks(points())
    yield edge, memory
    edge.close()


@pytest.mark.parametrize("asked", [CORPORA[:1], CORPORA[:3], CORPORA])
@pytest.mark.parametrize("named", [0, 200])
def test_scores_are_the_same_however_the_corpora_are_named(indexes, monkeypatch, asked, named):
    monkeypatch.setattr(edge_filters, "NAMED_CORPORA", named)
    edge_filters._statistics.cache_clear()
    query = asking("travel budget", corpora=frozenset(asked))
    expected = [
        (hit.id, pytest.approx(hit.score, rel=1e-5)) for hit in indexes[1].search_chunks(query)
    ]
    assert [(hit.id, hit.score) for hit in indexes[0].search_chunks(query)] == expected
    assert expected


def test_a_corpus_that_is_new_and_not_asked_changes_no_score(indexes, monkeypatch):
    monkeypatch.setattr(edge_filters, "NAMED_CORPORA", 0)
    edge, _memory = indexes
    query = asking("travel budget", corpora=frozenset(CORPORA))
    before = edge.search_chunks(query)
    edge.write_chunks([point("travel", version="other", corpus=key("closed"), standing=SHOWN)])
    assert edge.search_chunks(query) == before
