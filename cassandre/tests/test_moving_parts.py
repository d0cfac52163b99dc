"""What of a move can be tried without services; the whole is in test_move_to_services.py."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from qdrant_client import QdrantClient

from cassandre.moving import database
from cassandre.moving.errors import NotUpToDate, OtherTarget, RowRefused, TargetWrong
from cassandre.moving.index import same_hits
from cassandre.moving.progress import Progress
from cassandre.moving.state import State
from cassandre.moving.target import read_target
from documents.adapters.qdrant_edge import QdrantEdgeIndex
from documents.adapters.qdrant_server import QdrantServerIndex
from documents.ports import IndexHit
from documents.tests.passage_points import ALICES, SHOWN, asking, key, point


def test_a_state_is_that_of_one_target(tmp_path):
    state = State.of(tmp_path, "here")
    assert not state.begun
    state.points["1/chunks"] = "end"
    state.finish("database")
    again = State.of(tmp_path, "here")
    assert (again.begun, again.done, again.points) == (True, ["database"], {"1/chunks": "end"})
    with pytest.raises(OtherTarget):
        State.of(tmp_path, "elsewhere")
    again.remove()
    assert not State.of(tmp_path, "elsewhere").begun


def target_file(folder: Path, **changes: str) -> Path:
    variables = {
        "DB_HOST": "db",
        "MINIO_URL": "http://s3:9000",
        "QDRANT_URL": "http://qdrant:6333",
        **changes,
    }
    path = folder / "target.env"
    path.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    return path


def test_a_target_is_read_as_the_program_reads_its_variables(tmp_path, monkeypatch):
    monkeypatch.setenv("DB_NAME", "of-the-environment")
    (tmp_path / "password").write_text("hush\n")
    path = target_file(
        tmp_path, DB_NAME="'of the file'", DB_PASSWORD_FILE=str(tmp_path / "password")
    )
    target = read_target(path)
    assert target.database["NAME"] == "of the file"
    assert target.database["PASSWORD"] == "hush"
    # Another password leads to the same place; another database does not.
    (tmp_path / "password").write_text("louder\n")
    assert read_target(path).fingerprint == target.fingerprint
    target_file(tmp_path, DB_NAME="another")
    assert read_target(path).fingerprint != target.fingerprint


@pytest.mark.parametrize("name", ["DB_HOST", "MINIO_URL", "QDRANT_URL"])
def test_a_target_names_all_three_services(tmp_path, name):
    with pytest.raises(TargetWrong) as raised:
        read_target(target_file(tmp_path, **{name: ""}))
    assert str(raised.value.params["reason"]).endswith(f": {name}")


@pytest.mark.django_db
def test_a_source_with_texts_that_are_too_long_elsewhere_is_told_before(monkeypatch):
    group = Group.objects.create(name="x" * 20)
    database.check_source()
    monkeypatch.setattr(Group._meta.get_field("name"), "max_length", 19)
    with pytest.raises(RowRefused) as raised:
        database.check_source()
    assert raised.value.params["table"] == "auth_group"
    assert str(raised.value.params["reason"]).startswith(f"name of {group.pk} ")
    monkeypatch.setattr(database, "_is_behind", lambda alias: True)
    with pytest.raises(NotUpToDate):
        database.check_source()


def test_points_come_out_of_the_embedded_index_as_they_went_in(tmp_path):
    index = QdrantEdgeIndex(tmp_path / "generation", dimensions=3)
    index.write_chunks([point(f"travel {n}", dense=(1.0, 0.0, float(n))) for n in range(300)])
    index.write_chunks([point("of the", name="empty")])
    index.write_file(point("travel costs", name="file"))
    index.set_standing(key("v1"), SHOWN)
    first, following = index.whole_points("chunks")
    second, end = index.whole_points("chunks", following)
    assert (len(first), len(second), end) == (256, 45, None)
    found = {one.id: one for one in [*first, *second]}

    one = found[key("v1/travel 7")]
    wanted = point("travel 7", standing=SHOWN)
    assert (one.corpus, one.document, one.standing) == (ALICES, wanted.document, SHOWN)
    terms = dict(zip(wanted.lexical.indices, wanted.lexical.values, strict=True))
    assert dict(zip(one.lexical.indices, one.lexical.values, strict=True)) == pytest.approx(
        terms, rel=1e-6
    )
    length = 50**0.5  # by cosine, only directions count
    assert one.dense == pytest.approx((1 / length, 0.0, 7 / length), rel=1e-6)
    assert found[key("v1/empty")].lexical.indices == ()
    [file], end = index.whole_points("files")
    assert (file.id, file.dense, end) == (key("v1/file"), None, None)
    index.close()


def hit(number: int, score: float) -> IndexHit:
    return IndexHit(UUID(int=number), UUID(int=0), UUID(int=0), score)


def test_hits_are_the_same_as_far_as_scores_tell_them_apart():
    ours = [hit(1, 9.0), hit(2, 5.0), hit(3, 5.0)]
    assert same_hits(ours, [hit(1, 9.001), hit(3, 5.001), hit(2, 4.999)])
    assert same_hits(ours, [hit(1, 9.0), hit(2, 5.0), hit(4, 5.0)])  # a tie at the end
    assert same_hits([], [])
    assert not same_hits(ours, ours[:2])
    assert not same_hits(ours, [hit(4, 9.0), hit(2, 5.0), hit(3, 5.0)])
    assert not same_hits(ours, [hit(1, 9.5), hit(2, 5.0), hit(3, 5.0)])
    # Of neighbours in a graph, the nearest alone.
    assert same_hits(ours, [hit(1, 9.0), hit(7, 1.0)], exact=False)
    assert not same_hits(ours, [hit(1, 8.0)], exact=False)


def test_what_somebody_watches_counts_up_and_what_is_logged_is_a_line():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for out, begin in ((Terminal(), "\r"), (io.StringIO(), "files")):
        with Progress(out).step("files", 1_500) as advance:
            advance(1_000)
            advance(500)
        assert out.getvalue().startswith(begin)
        assert out.getvalue().endswith("] 1,500 of 1,500\n")
    out = io.StringIO()
    bar = Progress(out).step("files", 10)
    bar.advance(5)
    bar.__exit__(KeyError)
    assert out.getvalue().endswith("5 of 10  stopped\n")
    assert "[###############               ]" in out.getvalue()


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning")
def test_points_are_written_by_kind_as_they_are(tmp_path):
    server = QdrantServerIndex(QdrantClient(":memory:"), prefix="c", dimensions=3)
    server.write_points("chunks", [point("travel", dense=(1.0, 0.0, 0.0), standing=SHOWN)])
    server.write_points("files", [point("travel costs", name="file", standing=SHOWN)])
    assert [found.id for found in server.search_chunks(asking("travel"))] == [key("v1/travel")]
    assert [found.id for found in server.search_files(asking("travel"))] == [key("v1/file")]
    server.close()
