"""Searches that models take part in, and what is left of them when the models fail."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from ai import services
from ai.errors import ModelTimedOut
from ai.tests.rerank_server import rerank_server
from documents.adapters.registry import get_index
from documents.generations import live_generation
from documents.models import IndexGeneration
from documents.queue_selectors import ingestion_pause
from documents.retrieval import Degraded, SearchScope, reranking, search
from documents.retrieval.candidates import Candidates
from documents.retrieval.scoring import merged_scores
from documents.tests.builders import grant, make_corpus
from documents.tests.pipeline import bring_online


@pytest.fixture
def corpus(organisation, alice, bob):
    corpus = make_corpus(organisation, "Rules")
    grant(corpus, bob)
    for name, text in [
        ("annual", "Annual leave: ask for annual leave a month before.\n"),
        ("travel", "Travel costs are paid back; leave is another matter.\n"),
        ("parental", "Parental leave lasts sixteen weeks.\n"),
    ]:
        bring_online(alice, corpus, f"{name}.txt", text)
    return corpus


def titles(result) -> list[str]:
    return [passage.title for passage in result.passages]


def shortest_first(_request, body):
    texts = enumerate(body["documents"])
    return {"results": [{"index": n, "relevance_score": -len(text)} for n, text in texts]}


@pytest.fixture
def server(settings):
    with rerank_server(shortest_first) as served:
        settings.RERANK_URL, settings.RERANK_TIMEOUT_S = served.url, 5.0
        yield served
        while services._rerankers:
            services._rerankers.popitem()[1].close()


def test_a_reranker_has_the_last_word(bob, corpus, server):
    result = search(bob, "annual leave")
    assert titles(result) == ["parental", "annual", "travel"]
    assert result.notices == ()
    (body,) = server.bodies
    assert body["query"] == "annual leave"
    assert body["documents"][0].startswith("annual\nAnnual leave: ask")


def test_a_reranker_judges_more_than_is_asked_for(bob, corpus, server):
    assert titles(search(bob, "annual leave", limit=1)) == ["parental"]
    assert len(server.bodies[0]["documents"]) == 3


def test_what_a_reranker_was_not_asked_about_stays_behind(bob, corpus, server, monkeypatch):
    monkeypatch.setattr(reranking, "RERANKED", 2)
    result = search(bob, "annual leave")
    assert len(server.bodies[0]["documents"]) == 2
    assert [passage.reranked is None for passage in result.passages] == [False, False, True]


@pytest.mark.parametrize("who", ["charlie", "dana"])
def test_a_reranker_is_told_nothing_that_the_asker_may_not_read(who, corpus, server, request):
    assert titles(search(request.getfixturevalue(who), "annual leave")) == []
    assert server.bodies == []


def test_without_an_answer_the_searchs_own_order_stands_and_it_is_said(bob, corpus, server):
    server.answer = lambda _request, _body: {"results": []}
    result = search(bob, "annual leave")
    assert titles(result)[0] == "annual"
    assert result.notices == (Degraded("reranking", "model-unavailable"),)


# --- several questions at once -----------------------------------------------------------------


def test_the_parts_of_a_question_are_searched_beside_it(bob, corpus):
    question = "How long is parental leave and who pays for travel?"
    parts = ["How long is parental leave?", "Who pays travel costs?"]
    result = search(bob, question, parts=parts)
    assert set(titles(result)[:2]) == {"parental", "travel"}
    assert result.evidence >= search(bob, question).evidence


def test_nothing_is_asked_twice(bob, corpus, monkeypatch):
    asked = []
    real = Candidates.scores
    monkeypatch.setattr(
        Candidates, "scores", lambda self, one: asked.append(one.question) or real(self, one)
    )
    alone = search(bob, "annual leave")
    both = search(bob, "annual leave", parts=["annual leave", ""], original="annual leave")
    assert asked == ["annual leave"] * 2
    assert both.passages == alone.passages


def test_the_original_of_a_follow_up_is_no_evidence(bob, corpus):
    """“Travel?” is held by a passage in full, but it leaves half of what is asked unsaid."""
    rewritten = "How is quantum gravity affected by travel?"
    alone = search(bob, rewritten)
    assert search(bob, rewritten, original="Travel?").evidence == alone.evidence < 0.5


def test_parts_cost_no_query_of_the_database(bob, corpus, django_assert_num_queries):
    search(bob, "annual leave")
    with django_assert_num_queries(3):
        search(bob, "annual leave")
    with django_assert_num_queries(3):
        search(bob, "annual leave", parts=["parental leave", "travel costs"], original="leave")


def test_what_is_searched_beside_never_goes_before_the_best():
    best, second, other, beside = (uuid.uuid4() for _ in range(4))
    main = {best: 9.0, second: 6.0, other: 3.0}
    merged = merged_scores(main, [({beside: 100.0, other: 50.0}, 0.4)])
    assert sorted(merged, key=merged.__getitem__, reverse=True) == [best, second, beside, other]
    assert merged_scores(main, [({}, 0.4)]) == main
    assert merged_scores({}, [({beside: 1.0}, 0.4)]) == {beside: 0.4}


# --- without its embedding model ---------------------------------------------------------------


class FailingEmbedder:
    model, dimensions = "embed-alice", 3

    def __init__(self) -> None:
        self.asked = 0

    def embed_query(self, _text):
        self.asked += 1
        raise ModelTimedOut


def test_a_search_whose_embedding_model_fails_goes_by_words_and_says_so(bob, corpus, monkeypatch):
    embedder = FailingEmbedder()
    monkeypatch.setattr("documents.retrieval.candidates.embedder_of", lambda _generation: embedder)
    result = search(bob, "annual leave", parts=["parental leave"])
    assert titles(result)[0] == "annual"
    assert result.notices == (Degraded("embedding", "model-timed-out"),)
    assert embedder.asked == 1


class ListedEmbedder(FailingEmbedder):
    def embed_query(self, _text):
        return (1.0, 0.0, 0.0)


def test_each_corpus_weighs_vectors_as_it_is_told(
    organisation, alice, corpus, monkeypatch, django_assert_num_queries
):
    """The same file in two corpora: by words alike, by its vector in the one that weighs it."""
    other = make_corpus(organisation, "Other", dense_weight=0.0)
    bring_online(alice, other, "annual.txt", "Annual leave: ask for annual leave a month before.\n")
    hits = []

    def nearest(self, query):
        hits.append(query.dense)
        return [replace(hit, score=0.8) for hit in self.search_chunks(query)]

    index = type(get_index(live_generation().pk, 0))
    monkeypatch.setattr(index, "search_chunks_dense", nearest)
    embedder = ListedEmbedder()
    monkeypatch.setattr("documents.retrieval.candidates.embedder_of", lambda _generation: embedder)
    with django_assert_num_queries(4):
        found = search(alice, "annual leave")
    scores = {p.corpus: p.score for p in reversed(found.passages) if p.title == "annual"}
    assert scores[corpus.pk] - scores[other.pk] == pytest.approx(1.5 * 0.8, abs=0.05)
    with django_assert_num_queries(3):
        search(alice, "annual leave", scope=SearchScope(corpora=frozenset({other.pk})))
    assert hits == [(1.0, 0.0, 0.0)] * 2


def test_a_generation_is_not_searched_with_the_vectors_of_another_model(
    bob, corpus, settings, monkeypatch
):
    embedder = FailingEmbedder()
    monkeypatch.setattr("documents.indexing.get_embedder", lambda: embedder)
    generation = live_generation()
    IndexGeneration.objects.filter(pk=generation.pk).update(embedding_model="embed-of-last-year")
    assert search(bob, "annual leave").notices == ()
    assert embedder.asked == 0


class ReadingEmbedder(FailingEmbedder):
    def __init__(self) -> None:
        self.read: list[str] = []

    def embed_passages(self, texts):
        self.read += texts
        return [(1.0, 0.0, 0.0)] * len(texts)


def test_a_passage_is_embedded_under_its_headings(organisation, alice, monkeypatch):
    embedder = ReadingEmbedder()
    monkeypatch.setattr("documents.indexing.embedder_of", lambda _generation: embedder)
    corpus = make_corpus(organisation, "Rules")
    bring_online(alice, corpus, "leave.md", "# Leave\n\n## Annual\n\nAsk a month before.\n")
    (text,) = embedder.read
    assert text.startswith("Leave Leave › Annual\n")
    assert text.endswith("Ask a month before.")


def test_a_model_that_is_not_on_this_machine_is_named_where_a_file_waits_for_it(
    organisation, alice, settings, tmp_path
):
    settings.EMBEDDING_MODEL = "fastembed:cassandre/nowhere"
    settings.EMBEDDING_MODELS_PATH = tmp_path

    version = bring_online(alice, make_corpus(organisation, "Rules"), "annual.txt", "Leave.\n")

    assert (version.state, version.error_code) == ("queued", "embedding-model-missing")
    pause = ingestion_pause(alice)
    assert pause is not None
    assert pause.error_code == "embedding-model-missing"
