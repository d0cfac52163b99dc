"""Reading an index through, which is how it is compared with the database: over all three."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from qdrant_client import QdrantClient
from qdrant_client.http import models

from documents.adapters.passage_payload import POINTS_PER_BATCH
from documents.adapters.qdrant_server import QdrantServerIndex
from documents.ports import PassageIndex, Shown, Standing, StoredPoint
from documents.tests.passage_points import ALICES, BOBS, SHOWN, asking, key, point
from documents.tests.recording_server import recording
from documents.tests.test_passage_index_contract import edge, memory, server

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")


@pytest.fixture(params=[memory, edge, server])
def index(request, tmp_path: Path) -> Iterator[PassageIndex]:
    make: Callable[[Path], PassageIndex] = request.param
    made = make(tmp_path)
    yield made
    made.close()


def test_all_points_are_read_with_what_decides_who_finds_them(index):
    dated = Standing(Shown.REPLACED, date(2020, 1, 1), date(2021, 12, 31))
    first, second = point("annual leave"), point("salary", version="v2", corpus=BOBS)
    whole = point("salary of all", version="v2", corpus=BOBS, name="file")
    index.write_chunks([first, second])
    index.write_file(whole)
    index.set_standing(key("v2"), dated)
    hidden = StoredPoint(first.id, ALICES, key("v1"), Standing())
    shown = StoredPoint(second.id, BOBS, key("v2"), dated)
    assert set(index.stored_chunks()) == {hidden, shown}
    assert list(index.stored_chunks(ALICES)) == [hidden]
    assert list(index.stored_files()) == [StoredPoint(whole.id, BOBS, key("v2"), dated)]
    assert list(index.stored_files(ALICES)) == []


def test_more_points_than_one_batch_are_each_read_once(index):
    number = 2 * POINTS_PER_BATCH + 3
    index.write_chunks([point("leave", name=str(n)) for n in range(number)])
    read = [each.id for each in index.stored_chunks()]
    assert len(read) == len(set(read)) == number


def test_single_points_are_deleted_and_the_others_stay(index):
    index.write_chunks([point("annual leave"), point("parental leave")])
    index.write_file(point("leave", name="file"))
    index.set_standing(key("v1"), SHOWN)
    index.delete_points([point("annual leave").id, key("unknown")])
    assert [hit.id for hit in index.search_chunks(asking("leave"))] == [point("parental leave").id]
    index.delete_points([key("v1/file")])
    assert list(index.stored_files()) == []


def test_on_a_server_an_alias_follows_the_generation_that_takes_it():
    client = QdrantClient(":memory:")
    old = QdrantServerIndex(client, prefix="old")
    new = QdrantServerIndex(client, prefix="new")
    for each in (old, new, new):
        each.take_alias("live")
    names = {each.alias_name: each.collection_name for each in client.get_aliases().aliases}
    assert names == {"live_chunks": "new_chunks", "live_files": "new_files"}
    old.drop()
    old.drop()
    assert sorted(each.name for each in client.get_collections().collections) == [
        "new_chunks",
        "new_files",
    ]


def test_a_server_is_asked_in_the_documented_form():
    bodies = {
        "points/scroll": models.ScrollRequest,
        "points/delete": models.PointIdsList,
        "aliases": models.ChangeAliasesOperation,
    }
    with recording() as (url, script):
        script.aliases = [{"alias_name": "live_chunks", "collection_name": "c0_chunks"}]
        index = QdrantServerIndex.connect(url, prefix="c1")
        assert list(index.stored_chunks(ALICES)) == []
        index.delete_points([key("a")])
        index.take_alias("live")
        index.drop()
        index.close()
    seen = {}
    for request in script.requests:
        action = request.path.rpartition("/collections/")[2].partition("/")[2] or "aliases"
        if request.method == "POST":
            TypeAdapter(bodies[action]).validate_python(request.body)
            seen[action] = request.body
    assert set(seen) == set(bodies)
    assert [next(iter(one)) for one in seen["aliases"]["actions"]] == [
        "delete_alias",
        "create_alias",
        "create_alias",
    ]
    dropped = [request.path for request in script.requests if request.method == "DELETE"]
    assert dropped == ["/collections/c1_chunks", "/collections/c1_files"]
