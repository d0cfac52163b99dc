"""What the server adapter sends over HTTP, held against the request models of qdrant-client
1.20.0, which are generated from the OpenAPI description of Qdrant 1.20 and refuse unknown fields.

No real Qdrant server was at hand where these tests were written: they prove that the requests
have the form which that release documents, not what it answers. How searches behave is held by
test_passage_index_contract.py on Edge (the same engine) and on the client's local mode.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import date
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import TypeAdapter
from qdrant_client.http import models

from common.errors import Unavailable
from documents.adapters import qdrant_server
from documents.adapters.qdrant_server import QdrantServerIndex
from documents.ports import IndexHit
from documents.tests.passage_points import ALICES, HTML, SHOWN, asking, key, point
from documents.tests.recording_server import Recorded, Script, recording

BODIES = {
    ("PUT", ""): models.CreateCollection,
    ("PUT", "index"): models.CreateFieldIndex,
    ("PUT", "points"): models.PointsList,
    ("POST", "points/payload"): models.SetPayload,
    ("POST", "points/delete"): models.FilterSelector,
    ("POST", "points/count"): models.CountRequest,
    ("POST", "points/query"): models.QueryRequest,
}
WRITES = {"index", "points", "points/payload", "points/delete"}


@pytest.fixture
def qdrant():
    with recording() as (url, script):
        index = QdrantServerIndex.connect(url, prefix="c1", dimensions=3)
        yield index, script
        index.close()


def action(request: Recorded) -> str:
    """The path below the collection's name."""
    return request.path.removeprefix("/collections/").partition("/")[2]


def sent(script: Script, wanted: str) -> list[Recorded]:
    return [request for request in script.requests if action(request) == wanted]


def test_connecting_sends_nothing(qdrant):
    _index, script = qdrant
    assert script.requests == []


def test_every_request_has_the_documented_form(qdrant):
    index, script = qdrant
    query = asking(
        "travel",
        dense=(1.0, 0.0, 0.0),
        media_types=frozenset({HTML}),
        documents=frozenset({key("document")}),
        languages=frozenset({"fr"}),
        sections=frozenset({"Travel"}),
        day=date(2024, 5, 1),
        replaced=True,
    )
    index.write_chunks([point("travel", dense=(1.0, 0.0, 0.0)), point("of the")])
    index.write_file(point("travel costs"))
    index.set_standing(key("v1"), SHOWN)
    index.search_chunks(query)
    index.search_files(query)
    index.search_chunks_dense(query)
    index.count_chunks(key("v1"))
    index.delete_version(key("v1"))

    seen = set()
    for request in script.requests:
        if request.method == "GET":
            assert request.body is None
            continue
        kind = (request.method, action(request))
        seen.add(kind)
        TypeAdapter(BODIES[kind]).validate_json(json.dumps(request.body))
        if kind[1] in WRITES:
            assert request.query == {"wait": ["true"]}, request
    assert seen == set(BODIES)


def test_collections_are_made_once_with_their_vectors_and_indexes(qdrant):
    index, script = qdrant
    index.write_chunks([point("travel")])
    index.write_file(point("travel costs"))
    index.write_chunks([point("pension")])

    made = {r.path: r.body for r in script.requests if r.method == "PUT" and not action(r)}
    lexical = {"lexical": {"index": {"datatype": "float16"}, "modifier": "idf"}}
    assert made == {
        "/collections/c1_chunks": {
            "vectors": {"dense": {"size": 3, "distance": "Cosine"}},
            "sparse_vectors": lexical,
        },
        "/collections/c1_files": {"vectors": {}, "sparse_vectors": lexical},
    }
    day = {"type": "integer", "lookup": False, "range": True}
    for name in ("c1_chunks", "c1_files"):
        indexes = [r.body for r in script.requests if r.path == f"/collections/{name}/index"]
        assert {body["field_name"]: body["field_schema"] for body in indexes} == {
            "corpus": {"type": "uuid", "is_tenant": True},
            "document": "uuid",
            "version": "uuid",
            "media_type": "keyword",
            "language": "keyword",
            "section": "keyword",
            "live": {"type": "integer", "lookup": True, "range": False},
            "valid_from": day,
            "valid_until": day,
        }


def test_a_collection_that_another_process_makes_meanwhile_is_used(qdrant):
    index, script = qdrant
    script.conflict_on_create = True
    index.write_chunks([point("travel")])
    assert len(sent(script, "index")) == 9
    assert len(sent(script, "points")) == 1


def test_points_are_sent_hidden_and_shown_by_one_update_per_collection(qdrant):
    index, script = qdrant
    index.write_chunks([point("travel", name="a"), point("of the", name="b")])
    index.set_standing(key("v1"), SHOWN)

    [written] = sent(script, "points")
    first, second = written.body["points"]
    assert first["payload"] == {
        "corpus": str(ALICES),
        "document": str(key("document of v1")),
        "version": str(key("v1")),
        "media_type": "application/pdf",
        "language": "en",
        "section": "",
        "live": 0,
        "valid_from": None,
        "valid_until": None,
    }
    assert set(first["vector"]) == {"lexical"}
    assert second["vector"] == {}
    shown = sent(script, "points/payload")
    assert [r.path.split("/")[2] for r in shown] == ["c1_files", "c1_chunks"]
    for request in shown:
        assert request.body == {
            "payload": {"live": 1, "valid_from": None, "valid_until": None},
            "filter": {"must": [{"key": "version", "match": {"value": str(key("v1"))}}]},
        }


def test_the_rights_filter_is_in_every_query_and_bounds_the_statistics(qdrant):
    index, script = qdrant
    query = asking("travel", dense=(1.0, 0.0, 0.0))
    index.search_chunks(query)
    index.search_files(query)
    index.search_chunks_dense(query)

    rights = {
        "must": [
            {"key": "corpus", "match": {"any": [str(ALICES)]}},
            {"key": "live", "match": {"any": [1]}},
        ]
    }
    lexical, files, dense = sent(script, "points/query")
    for request in (lexical, files, dense):
        assert rights in request.body["filter"]["must"]
    for request in (lexical, files):
        asked = {"should": [{"key": "corpus", "match": {"value": str(ALICES)}}]}
        assert request.body["params"] == {"idf": {"corpus": asked}}
    assert dense.body["using"] == "dense"


def test_the_day_is_in_every_query(qdrant):
    index, script = qdrant
    query = asking("travel", dense=(1.0, 0.0, 0.0), day=date(2024, 5, 1), replaced=True)
    index.search_chunks(query)
    index.search_files(query)
    index.search_chunks_dense(query)
    day = date(2024, 5, 1).toordinal()
    for request in sent(script, "points/query"):
        assert request.body["filter"]["must_not"] == [
            {"key": "valid_from", "range": {"gt": day}},
            {"key": "valid_until", "range": {"lt": day}},
        ]
        shown = {"key": "live", "match": {"any": [1, 2]}}
        assert shown in request.body["filter"]["must"][0]["must"]
    assert len(sent(script, "points/query")) == 3


def test_a_question_without_corpora_or_words_is_not_sent(qdrant):
    index, script = qdrant
    assert index.search_chunks(asking("travel", corpora=frozenset())) == []
    nobody = asking("travel", corpora=frozenset(), dense=(1.0, 0.0, 0.0))
    assert index.search_chunks_dense(nobody) == []
    assert index.search_files(asking("of the")) == []
    assert script.requests == []


def test_hits_come_back_best_first(qdrant):
    index, script = qdrant
    payload = {"document": str(UUID(int=8)), "version": str(UUID(int=9))}
    script.points = [
        {"id": str(UUID(int=n)), "version": 1, "score": score, "payload": payload}
        for n, score in ((2, 1.5), (3, 2.5), (1, 1.5))
    ]
    assert index.search_chunks(asking("travel")) == [
        IndexHit(UUID(int=n), UUID(int=8), UUID(int=9), score)
        for n, score in ((3, 2.5), (1, 1.5), (2, 1.5))
    ]
    assert index.count_chunks(key("v1")) == 3


def test_a_key_is_sent_with_each_request():
    with recording() as (url, script):
        with pytest.warns(UserWarning, match="insecure connection"):
            index = QdrantServerIndex.connect(url, prefix="c1", api_key="s3cret")
        index.count_chunks(key("v1"))
        index.close()
        assert {request.headers.get("api-key") for request in script.requests} == {"s3cret"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_a_refusal_is_named_unavailable(qdrant, status):
    index, script = qdrant
    script.refuse_with = status
    with pytest.raises(Unavailable) as raised:
        index.search_chunks(asking("travel"))
    assert raised.value.params == {"component": "Qdrant"}
    assert str(status) in raised.value.cause


def test_a_server_that_says_when_to_come_back_is_named_unavailable(qdrant):
    """The client has an exception of its own for it, outside those of all other refusals."""
    index, script = qdrant
    script.refuse_with, script.headers = 429, {"Retry-After": "7"}
    for call in (
        partial(index.search_chunks, asking("travel")),
        partial(index.write_chunks, [point("travel")]),
        partial(index.take_alias, "cassandre_live"),
        index.drop,
    ):
        with pytest.raises(Unavailable) as raised:
            call()
        assert raised.value.params == {"component": "Qdrant"}


def test_a_server_that_is_down_is_named_unavailable_and_tried_anew():
    with socket.socket() as unused:  # bound, but nobody listens
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        index = QdrantServerIndex.connect(url, prefix="c1")
        for _twice in range(2):
            with pytest.raises(Unavailable):
                index.write_chunks([point("travel")])
        index.close()


def test_a_server_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(qdrant_server, "TIMEOUT_SECONDS", 1)
    with recording() as (url, script):
        script.seconds = 3.0
        index = QdrantServerIndex.connect(url, prefix="c1")
        with pytest.raises(Unavailable):
            index.count_chunks(key("v1"))
        index.close()


def test_a_process_that_has_not_searched_has_not_loaded_the_client():
    code = "import sys, documents.adapters.registry as r; sys.exit('qdrant_client' in sys.modules)"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "cassandre.test_settings"}
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, env=environment).returncode == 0
