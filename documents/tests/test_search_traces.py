from __future__ import annotations

import pytest

from documents.retrieval import search, traced
from documents.retrieval.scoring import FILE_WEIGHT
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online, put_online


@pytest.fixture
def corpus(organisation, alice, bob):
    corpus = make_corpus(organisation, "Rules")
    grant(corpus, bob)
    bring_online(alice, corpus, "annual.txt", "Annual leave: ask for annual leave in time.\n")
    bring_online(alice, corpus, "travel.txt", "Travel costs; leave is another matter.\n")
    return corpus


def test_a_trace_holds_what_each_side_found_in_its_order(bob, corpus):
    with traced() as trace:
        result = search(bob, "annual leave")
    first, second = (passage.chunk for passage in result.passages)
    assert [hit.id for hit in trace.words] == [first, second]
    by_version = {hit.version: hit.score for hit in trace.files}
    for hit in trace.words:
        assert trace.lexical[hit.id] == hit.score + FILE_WEIGHT * by_version[hit.version]
    assert trace.fused == trace.lexical
    assert trace.dense is None
    assert [passage.chunk for passage in trace.read] == [first, second]
    assert trace.asked is not None
    assert trace.asked.question == "annual leave"
    assert list(trace.milliseconds) == ["words", "rows", "reranking"]


def test_a_search_that_nobody_traces_leaves_no_trace(bob, corpus):
    with traced() as trace:
        pass
    search(bob, "annual leave")
    assert trace.words == ()
    assert trace.milliseconds == {}


@pytest.mark.parametrize("who", ["charlie", "dana"])
def test_a_trace_tells_nothing_of_what_its_asker_may_not_read(who, corpus, request):
    with traced() as trace:
        search(request.getfixturevalue(who), "annual leave")
    assert (trace.words, trace.files, trace.read) == ((), (), ())


def test_equal_passages_have_an_order_that_no_key_decides(alice, organisation):
    corpus = make_corpus(organisation, "Copies")
    for number in (14, 12, 16, 11, 15, 13):
        put_online(corpus, f"Copy {number}", "Annual leave is granted to everybody.")
    passages = search(alice, "annual leave").passages
    assert len({passage.score for passage in passages}) == 1
    assert [passage.title for passage in passages] == [f"Copy {number}" for number in range(11, 17)]
