"""Every request that the server adapter sends, and every reply of the stand-in that tests and load
runs use in a server's place, held against the client's own description of the interface.

The pinned client is of release 1.20.0, generated from the OpenAPI description of Qdrant 1.20, and
calls itself compatible with servers of 1.19 to 1.21. No real server was at hand.
"""

from __future__ import annotations

import inspect
import json
import re
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pydantic import TypeAdapter, ValidationError
from qdrant_client.common.version_check import is_compatible
from qdrant_client.http import models

from bench import qdrant_stand_in
from bench.qdrant_stand_in import standing_in
from common.errors import Unavailable
from documents.adapters import qdrant_looks, registry
from documents.adapters.qdrant_looks import Server, look_at
from documents.adapters.qdrant_server import _PAYLOAD_INDEXES, QdrantServerIndex
from documents.ports import StoredPoint
from documents.tests.passage_points import ALICES, HTML, SHOWN, asking, key, point
from documents.tests.qdrant_wire import OPERATIONS, hold

RELEASE = "1.20.0"


def work_through(index: QdrantServerIndex) -> set[str]:
    """Every method of the adapter; returns their names."""
    vector = (1.0, 0.0, 0.0)
    query = asking(
        "travel",
        dense=vector,
        media_types=frozenset({HTML}),
        documents=frozenset({key("document of v1")}),
        languages=frozenset({"fr"}),
        sections=frozenset({"Travel"}),
        day=date(2024, 5, 1),
        replaced=True,
    )
    one, other = point("travel", dense=vector), point("of the", name="empty")
    calls: list[tuple[Any, ...]] = [
        ("write_chunks", [one, other]),
        ("write_file", point("travel costs", name="file")),
        ("write_points", "files", [point("travel by train", name="another")]),
        ("set_standing", key("v1"), SHOWN),
        ("search_chunks", query),
        ("search_files", query),
        ("search_chunks_dense", query),
        ("count_chunks", key("v1")),
        ("stored_chunks", ALICES),
        ("stored_files",),
        ("take_alias", "cassandre_live"),
        ("take_alias", "cassandre_live"),
        ("delete_points", [one.id]),
        ("delete_version", key("v1")),
        ("drop",),
    ]
    for name, *arguments in calls:
        told = getattr(index, name)(*arguments)
        if inspect.isgenerator(told):
            assert all(isinstance(stored, StoredPoint) for stored in told)
    return {name for name, *_arguments in calls}


def test_each_exchange_is_one_that_the_release_documents(tmp_path):
    assert version("qdrant-client") == qdrant_stand_in.VERSION == RELEASE
    exchanges = []
    with standing_in(tmp_path, tell=lambda *exchange: exchanges.append(exchange)) as url:
        index = QdrantServerIndex.connect(url, prefix="cassandre_1", dimensions=3)
        called = work_through(index)
        index.close()
        assert look_at(url) == Server(RELEASE, frozenset())

    public = {name for name, _method in inspect.getmembers(QdrantServerIndex, inspect.isfunction)}
    assert called == {name for name in public if not name.startswith("_")} - {"close"}
    held = {hold(*exchange[:3], exchange[4]).url for exchange in exchanges}
    assert len(held) == 13
    assert {status for _m, _a, _b, status, _r in exchanges} == {200}


def test_what_is_not_documented_is_told(tmp_path):
    good = b'{"filter": {}}'
    done = b'{"result": {"count": 1}, "status": "ok", "time": 0.1}'
    address = "/collections/c/points/count"
    hold("POST", address, good, done)
    for method, path, body, reply in (
        ("PUT", address, good, done),
        ("POST", "/collections/c/points/counts", good, done),
        ("POST", f"{address}?hurry=true", good, done),
        ("POST", address, b'{"filters": {}}', done),
        ("POST", address, good, b'{"result": {"number": 1}}'),
    ):
        with pytest.raises((ValidationError, ValueError, AssertionError)):
            hold(method, path, body, reply)
    assert len(OPERATIONS) > 40


def test_a_server_in_strict_mode_may_refuse_filters_without_an_index(tmp_path):
    """Each field that is filtered by has a payload index; and nothing asks for more than a server
    can be told to allow."""
    filtered, limits = set(), []

    def note(_method, _address, body, *_reply):
        filtered.update(re.findall(r'"key":\s*"(\w+)"', body.decode()))
        if b'"limit"' in body:
            limits.append(json.loads(body)["limit"])

    with standing_in(tmp_path, tell=note) as url:
        index = QdrantServerIndex.connect(url, prefix="cassandre_1", dimensions=3)
        work_through(index)
        index.close()
    assert filtered == _PAYLOAD_INDEXES.keys()
    assert max(limits) <= 256
    strict = {
        "enabled": True,
        "unindexed_filtering_retrieve": False,
        "unindexed_filtering_update": False,
        "max_query_limit": 1_000,
    }
    TypeAdapter(models.StrictModeConfig).validate_python(strict)


def test_the_server_of_the_compose_file_is_one_that_the_client_is_made_for():
    compose = Path(settings.BASE_DIR, "docker-compose.yml").read_text(encoding="utf-8")
    [pinned] = re.findall(r"image: qdrant/qdrant:v([\d.]+)", compose)
    assert is_compatible(RELEASE, pinned)
    assert Server(pinned, frozenset()).is_new_enough
    assert not Server("1.18.2", frozenset()).is_new_enough


def test_a_key_opens_the_server_and_its_want_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(qdrant_looks, "TIMEOUT_SECONDS", 5)
    with standing_in(tmp_path, api_key="s3cret") as url:
        with pytest.raises(Unavailable) as raised:
            look_at(url)
        assert "401" in raised.value.cause
        with pytest.warns(UserWarning, match="insecure connection"):
            assert look_at(url, "s3cret").version == RELEASE


def test_the_key_of_the_settings_goes_with_every_request(tmp_path, settings, monkeypatch):
    monkeypatch.setattr(registry, "_open", {})
    with standing_in(tmp_path, api_key="s3cret") as url:
        settings.QDRANT_URL, settings.QDRANT_API_KEY = url, "s3cret"
        assert registry.check_index() == "qdrant server"
        with pytest.warns(UserWarning, match="insecure connection"):
            index = registry.get_index(key("generation"), 3)
        index.write_chunks([point("travel")])
        settings.QDRANT_API_KEY = ""
        with pytest.raises(Unavailable):
            registry.name_live(key("generation"), 3)
        registry.close_index(key("generation"))
