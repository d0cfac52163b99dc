"""On services, what is found and who may find it is also tested through the adapter for a Qdrant
server: these files then search a stand-in (bench/qdrant_stand_in.py) instead of the embedded index.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings as suite

from bench.qdrant_stand_in import standing_in
from documents.adapters import registry
from documents.adapters.qdrant_server import QdrantServerIndex

ON_A_SERVER = frozenset(
    {
        "chat/tests/test_answers.py",
        "chat/tests/test_approved_answers.py",
        "chat/tests/test_pages_leaks.py",
        "chat/tests/test_pages_search.py",
        "documents/tests/test_generations.py",
        "documents/tests/test_glossary.py",
        "documents/tests/test_passages_to_read.py",
        "documents/tests/test_permissions.py",
        "documents/tests/test_search_traces.py",
        "documents/tests/test_search_with_models.py",
        "documents/tests/test_validity.py",
    }
)


@pytest.fixture(scope="session")
def qdrant_stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with standing_in(tmp_path_factory.mktemp("qdrant")) as url:
        yield url


@pytest.fixture(autouse=True)
def _on_a_server(request: pytest.FixtureRequest, _close_indexes: None) -> Iterator[None]:
    path = request.path.relative_to(suite.BASE_DIR).as_posix()
    if not suite.DB_HOST or path not in ON_A_SERVER:
        yield
        return
    request.getfixturevalue("settings").QDRANT_URL = request.getfixturevalue("qdrant_stand_in")
    yield
    for index in registry._open.values():
        if isinstance(index, QdrantServerIndex):
            index.drop()  # a generation of this test alone
