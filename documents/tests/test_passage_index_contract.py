"""One contract over the passage indexes: in memory, Qdrant Edge, the worker's, and the adapter for
a Qdrant server twice: on the client's local mode (its own engine in Python), and over HTTP on the
stand-in of bench/qdrant_stand_in.py, which is Qdrant Edge. No real server was at hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import date
from itertools import pairwise
from multiprocessing import Pipe
from pathlib import Path
from uuid import UUID

import pytest
from qdrant_client import QdrantClient

from bench.qdrant_stand_in import standing_in
from documents.adapters.index_wire import IndexLine, RemoteIndex, serve_index
from documents.adapters.memory_index import MemoryIndex
from documents.adapters.qdrant_edge import QdrantEdgeIndex
from documents.adapters.qdrant_server import QdrantServerIndex
from documents.ports import IndexQuery, PassageIndex, Shown, SparseVector, Standing
from documents.tests.passage_points import (
    ALICES,
    BOBS,
    HTML,
    PDF,
    SHOWN,
    asking,
    key,
    point,
    random_points,
)

DIMENSIONS = 3

# The client warns that its local mode has no payload indexes.
pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")


def memory(folder: Path) -> PassageIndex:
    return MemoryIndex()


def edge(folder: Path) -> PassageIndex:
    return QdrantEdgeIndex(folder / "generation", dimensions=DIMENSIONS)


def server(folder: Path) -> PassageIndex:
    return QdrantServerIndex(QdrantClient(":memory:"), prefix="cassandre", dimensions=DIMENSIONS)


def workers(folder: Path) -> PassageIndex:
    held = edge(folder)
    ours, theirs = Pipe()
    threading.Thread(target=serve_index, args=(theirs, lambda *names: held), daemon=True).start()
    line = IndexLine()
    line.connect([ours])
    return RemoteIndex(line, key("generation"), DIMENSIONS)


@contextmanager
def over_http(folder: Path) -> Iterator[PassageIndex]:
    with standing_in(folder) as url:
        yield QdrantServerIndex.connect(url, prefix="cassandre", dimensions=DIMENSIONS)


@pytest.fixture(params=[memory, edge, workers, server, over_http])
def index(request, tmp_path: Path) -> Iterator[PassageIndex]:
    make: Callable[[Path], PassageIndex] = request.param
    made = make(tmp_path)
    with made if isinstance(made, AbstractContextManager) else nullcontext(made) as ready:
        yield ready
        ready.close()


def test_points_are_hidden_until_their_version_is_live(index):
    index.write_chunks([point("annual leave"), point("parental leave")])
    index.write_file(point("annual leave parental leave", name="file"))
    assert index.search_chunks(asking("leave")) == []
    assert index.search_files(asking("leave")) == []

    index.set_standing(key("v1"), SHOWN)
    assert len(index.search_chunks(asking("leave"))) == 2
    [file] = index.search_files(asking("leave"))
    assert (file.document, file.version) == (key("document of v1"), key("v1"))

    index.set_standing(key("v1"), Standing())
    assert index.search_chunks(asking("leave")) == []
    assert index.search_files(asking("leave")) == []


def test_only_the_given_corpora_are_searched(index):
    index.write_chunks([point("salary of alice")])
    index.write_chunks([point("salary of bob", version="v2", corpus=BOBS)])
    index.write_file(point("salary of bob", version="v2", corpus=BOBS, name="file"))
    index.set_standing(key("v1"), SHOWN)
    index.set_standing(key("v2"), SHOWN)

    def found(*corpora: UUID) -> set[UUID]:
        query = asking("salary", corpora=frozenset(corpora), dense=(1.0, 0.0, 0.0))
        hits = [*index.search_chunks(query), *index.search_files(query)]
        return {hit.version for hit in [*hits, *index.search_chunks_dense(query)]}

    assert found(ALICES) == {key("v1")}
    assert found(BOBS) == {key("v2")}
    assert found(ALICES, BOBS) == {key("v1"), key("v2")}
    assert found(key("charlie's corpus")) == set()
    assert found() == set()


def test_scores_tell_nothing_of_corpora_that_are_not_searched(index):
    index.write_chunks([point("merger plans"), point("canteen menu"), point("parking")])
    index.set_standing(key("v1"), SHOWN)
    [before] = index.search_chunks(asking("merger"))

    secrets = [point(f"merger {n}", version="v2", corpus=BOBS) for n in range(20)]
    index.write_chunks(secrets)
    index.set_standing(key("v2"), SHOWN)

    [after] = index.search_chunks(asking("merger"))
    assert after.score == pytest.approx(before.score, rel=1e-5)


def test_deleted_points_leave_no_trace_in_the_scores(index):
    index.write_chunks([point("merger plans"), point("canteen menu"), point("parking")])
    index.set_standing(key("v1"), SHOWN)
    [before] = index.search_chunks(asking("merger"))
    index.write_chunks([point(f"merger {n}", version="v2") for n in range(20)])
    index.delete_version(key("v2"))
    [after] = index.search_chunks(asking("merger"))
    assert after.score == pytest.approx(before.score, rel=1e-5)


def test_media_types_and_documents_narrow_a_search(index):
    index.write_chunks([point("travel costs")])
    index.write_chunks([point("travel costs online", version="v2", media_type=HTML)])
    index.set_standing(key("v1"), SHOWN)
    index.set_standing(key("v2"), SHOWN)

    def found(**narrowed) -> set[UUID]:
        return {hit.version for hit in index.search_chunks(asking("travel", **narrowed))}

    assert found() == {key("v1"), key("v2")}
    assert found(media_types=frozenset({HTML})) == {key("v2")}
    assert found(media_types=frozenset({HTML, PDF})) == {key("v1"), key("v2")}
    assert found(documents=frozenset({key("document of v1")})) == {key("v1")}
    assert found(media_types=frozenset({HTML}), documents=frozenset({key("document of v1")})) == (
        set()
    )


def test_languages_and_sections_narrow_a_search(index):
    index.write_chunks([point("travel costs", section="Travel")])
    index.write_chunks([point("travel abroad", name="b", section="Abroad")])
    index.write_chunks([point("travel", version="v2", language="fr", section="Travel")])
    for version in ("v1", "v2"):
        index.set_standing(key(version), SHOWN)

    def found(**narrowed) -> set[UUID]:
        return {hit.id for hit in index.search_chunks(asking("travel", **narrowed))}

    assert found(languages=frozenset({"fr"})) == {key("v2/travel")}
    assert found(sections=frozenset({"Travel"})) == {key("v1/travel costs"), key("v2/travel")}
    assert found(sections=frozenset({"Travel", "Abroad"}), languages=frozenset({"en"})) == {
        key("v1/travel costs"),
        key("v1/b"),
    }


def test_a_day_finds_what_is_in_force_on_it_alone(index):
    terms = {
        "always": Standing(Shown.LIVE),
        "from": Standing(Shown.LIVE, valid_from=date(2024, 1, 1)),
        "until": Standing(Shown.LIVE, valid_until=date(2024, 12, 31)),
        "between": Standing(Shown.LIVE, date(2024, 3, 1), date(2024, 3, 31)),
    }
    for name, standing in terms.items():
        index.write_chunks(
            [point("travel", version=name, standing=standing, dense=(1.0, 0.0, 0.0))]
        )
        index.write_file(point("travel", version=name, name="file", standing=standing))

    def found(day: date | None) -> set[str]:
        query = asking("travel", day=day, dense=(1.0, 0.0, 0.0))
        ways = (index.search_chunks, index.search_files, index.search_chunks_dense)
        [names] = {
            frozenset(name for name in terms if key(name) in {hit.version for hit in way(query)})
            for way in ways
        }
        return set(names)

    assert found(None) == set(terms)
    assert found(date(2023, 12, 31)) == {"always", "until"}
    assert found(date(2024, 1, 1)) == {"always", "from", "until"}
    assert found(date(2024, 3, 1)) == found(date(2024, 3, 31)) == set(terms)
    assert found(date(2024, 12, 31)) == {"always", "from", "until"}
    assert found(date(2025, 1, 1)) == {"always", "from"}


def test_replaced_versions_are_found_only_by_who_asks_for_them(index):
    index.write_chunks([point("travel")])
    index.write_chunks([point("travel", version="v2")])
    index.set_standing(key("v1"), Standing(Shown.REPLACED, valid_until=date(2024, 5, 1)))
    index.set_standing(key("v2"), Standing(Shown.LIVE, valid_from=date(2024, 5, 2)))

    def found(**asked) -> set[UUID]:
        return {hit.version for hit in index.search_chunks(asking("travel", **asked))}

    assert found() == {key("v2")}
    assert found(day=date(2024, 5, 1)) == set()
    assert found(day=date(2024, 5, 1), replaced=True) == {key("v1")}
    assert found(day=date(2024, 5, 2), replaced=True) == {key("v2")}


def test_dates_are_taken_away_again(index):
    index.write_chunks([point("travel")])
    index.set_standing(key("v1"), Standing(Shown.LIVE, date(2024, 1, 1), date(2024, 1, 31)))
    assert index.search_chunks(asking("travel", day=date(2025, 1, 1))) == []
    index.set_standing(key("v1"), SHOWN)
    assert len(index.search_chunks(asking("travel", day=date(2025, 1, 1)))) == 1


def test_a_shown_version_is_written_over_without_being_hidden(index):
    index.write_chunks([point("travel", name="a"), point("travel", name="b")])
    index.set_standing(key("v1"), SHOWN)
    index.write_chunks([point("voyage", name="a", standing=SHOWN)])
    assert [hit.id for hit in index.search_chunks(asking("voyage"))] == [key("v1/a")]
    assert [hit.id for hit in index.search_chunks(asking("travel"))] == [key("v1/b")]


def test_a_deleted_version_is_gone_and_others_stay(index):
    index.write_chunks([point("old rule"), point("new rule", version="v2")])
    index.write_file(point("old rule", name="file"))
    index.set_standing(key("v1"), SHOWN)
    index.set_standing(key("v2"), SHOWN)
    for _twice in range(2):
        index.delete_version(key("v1"))
        assert index.count_chunks(key("v1")) == 0
        assert index.count_chunks(key("v2")) == 1
        assert {hit.version for hit in index.search_chunks(asking("rule"))} == {key("v2")}
        assert index.search_files(asking("rule")) == []


def test_writing_again_changes_nothing_but_hides_until_shown_again(index):
    points = [point(f"budget of year {year}") for year in range(2000, 2010)]
    index.write_chunks(points)
    index.set_standing(key("v1"), SHOWN)
    once = index.search_chunks(asking("budget 2004"))

    index.write_chunks(points)
    assert index.search_chunks(asking("budget")) == []
    index.set_standing(key("v1"), SHOWN)
    again = index.search_chunks(asking("budget 2004"))
    assert index.count_chunks(key("v1")) == 10
    assert [hit.id for hit in again] == [hit.id for hit in once]
    assert [hit.score for hit in again] == pytest.approx([hit.score for hit in once], rel=1e-5)


def test_a_point_without_words_is_kept_and_never_found(index):
    index.write_chunks([point("of the", name="empty"), point("pension")])
    index.set_standing(key("v1"), SHOWN)
    assert index.count_chunks(key("v1")) == 2
    assert [hit.id for hit in index.search_chunks(asking("pension"))] == [key("v1/pension")]
    assert index.search_chunks(asking("of the")) == []


def test_dense_vectors_are_searched_by_cosine(index):
    index.write_chunks(
        [
            point("one", dense=(2.0, 0.0, 0.0)),
            point("two", dense=(1.0, 1.0, 0.0)),
            point("none"),
        ]
    )
    index.set_standing(key("v1"), SHOWN)
    hits = index.search_chunks_dense(asking("", dense=(5.0, 0.0, 0.0)))
    assert [hit.id for hit in hits] == [key("v1/one"), key("v1/two")]
    assert [hit.score for hit in hits] == pytest.approx([1.0, 0.5**0.5], rel=1e-3)
    assert index.search_chunks_dense(asking("one")) == []


def test_more_points_than_a_batch_are_all_written_and_the_limit_holds(index):
    index.write_chunks([point(f"paragraph {n}") for n in range(600)])
    index.set_standing(key("v1"), SHOWN)
    assert index.count_chunks(key("v1")) == 600
    assert len(index.search_chunks(asking("paragraph", limit=7))) == 7


def test_all_three_give_the_same_ranking_and_scores(tmp_path):
    points = random_points()
    indexes = [memory(tmp_path), edge(tmp_path), server(tmp_path)]
    for index in indexes:
        index.write_chunks(points[:70])
        index.write_chunks([replace(p, version=key("v2")) for p in points[70:]])
        index.set_standing(key("v1"), SHOWN)
    for question in ("travel budget", "pension contract for visitors", "badges and lapto"):
        expected, *others = [index.search_chunks(asking(question)) for index in indexes]
        assert len(expected) > 20
        for hits in others:
            scores = {hit.id: hit.score for hit in hits}
            assert scores == pytest.approx({hit.id: hit.score for hit in expected}, rel=1e-3)
            assert_same_order(expected, scores)
    for index in indexes:
        index.close()


def assert_same_order(expected, scores) -> None:
    """Scores that float16 cannot tell apart may stand in either order."""
    for better, worse in pairwise(expected):
        if better.score > worse.score * 1.002:
            assert scores[better.id] > scores[worse.id]


def test_idf_is_the_formula_of_qdrant(index):
    weight = SparseVector((7,), (1.0,))
    others = SparseVector((8,), (1.0,))
    index.write_chunks(
        [point("a", lexical=weight), *[point(n, lexical=others) for n in ("b", "c", "d")]]
    )
    index.set_standing(key("v1"), SHOWN)
    query = IndexQuery(corpora=frozenset({ALICES}), lexical=SparseVector((7,), (2.0,)))
    [hit] = index.search_chunks(query)
    assert hit.score == pytest.approx(2 * 1.2039728, rel=1e-3)  # ln(1 + 3.5 / 1.5), twice
