"""What only the embedded index has to hold: its folder outlives restarts, kills and cut-offs."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from qdrant_edge import UpdateOperation

from common.errors import Unavailable
from documents.adapters.qdrant_edge import QdrantEdgeIndex
from documents.tests.passage_points import SHOWN, asking, key, point, random_points

ROOT = Path(__file__).parents[2]


def edge(folder: Path) -> QdrantEdgeIndex:
    return QdrantEdgeIndex(folder / "generation")


def test_everything_is_kept_over_close_and_reopen(tmp_path):
    first = edge(tmp_path)
    first.write_chunks(random_points())
    first.write_file(point("budget", name="file"))
    first.set_standing(key("v1"), SHOWN)
    before = first.search_chunks(asking("travel budget"))
    first.close()

    second = edge(tmp_path)
    assert second.search_chunks(asking("travel budget")) == before
    assert len(second.search_files(asking("budget"))) == 1
    second.close()


def test_points_are_in_doubt_only_after_the_machine_went_down_with_the_index_open(tmp_path):
    first = edge(tmp_path)
    first.write_chunks([point("budget")])
    assert not first.may_lack_points
    killed = edge_copy(tmp_path, "killed")
    lost_power = edge_copy(tmp_path, "power")
    (lost_power / "generation" / "open").write_text("another start of the machine")
    first.close()
    for folder, in_doubt in ((tmp_path, False), (killed, False), (lost_power, True)):
        index = edge(folder)
        assert index.may_lack_points is in_doubt
        index.close()


def edge_copy(folder: Path, name: str) -> Path:
    """What a kill at this moment would leave."""
    copy = folder.with_name(f"{folder.name}-{name}")
    shutil.copytree(folder, copy)
    return copy


def test_only_what_has_changed_is_flushed(tmp_path):
    index = edge(tmp_path)
    flushed = []
    real = index._chunks
    index._chunks = SimpleNamespace(
        update=real.update, flush=lambda: flushed.append(1), close=real.close
    )
    index.flush()
    index.write_chunks([point("budget")])
    index.set_standing(key("v1"), SHOWN)
    assert flushed == [], "the disk is not waited for at each file"
    index.flush()
    index.flush()
    assert flushed == [1]
    index.close()


def test_a_folder_of_an_earlier_release_gets_the_payload_indexes_it_lacks(tmp_path):
    first = edge(tmp_path)
    for field in ("valid_from", "section"):
        first._chunks.update(UpdateOperation.delete_field_index(field))
    first.write_chunks([point("budget")])
    first.close()
    second = edge(tmp_path)
    schema = second._chunks.info().payload_schema
    assert {"corpus", "valid_from", "valid_until", "section", "language"} <= schema.keys()
    second.close()


def test_it_says_unavailable_once_it_is_closed(tmp_path):
    index = edge(tmp_path)
    index.close()
    with pytest.raises(Unavailable) as raised:
        index.search_chunks(asking("budget"))
    assert raised.value.params == {"component": "Qdrant Edge"}


def test_it_starts_over_where_its_creation_was_cut_off(tmp_path):
    half_made = tmp_path / "generation" / "chunks.new" / "segments"
    half_made.mkdir(parents=True)
    (half_made / "torn").write_text("", encoding="utf-8")
    index = edge(tmp_path)
    index.write_chunks([point("budget")])
    assert index.count_chunks(key("v1")) == 1
    index.close()


def test_it_serves_several_threads_at_once(tmp_path):
    index = edge(tmp_path)
    index.write_chunks(random_points())
    index.set_standing(key("v1"), SHOWN)
    wrong: list[object] = []

    def read() -> None:
        for _ in range(100):
            hits = index.search_chunks(asking("travel budget"))
            if {hit.version for hit in hits} != {key("v1")}:
                wrong.append(hits)

    def write(version: str) -> None:
        for number in range(20):
            index.write_chunks([point(f"travel budget {number}", version=version)])

    jobs = [threading.Thread(target=read) for _ in range(3)]
    jobs += [threading.Thread(target=write, args=(name,)) for name in ("v2", "v3")]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert wrong == []
    assert index.count_chunks(key("v2")) == index.count_chunks(key("v3")) == 20
    index.close()


WRITE_AND_WAIT = """
import sys, time
from pathlib import Path
from documents.tests.test_qdrant_edge import edge
from documents.tests.passage_points import SHOWN, key, point, random_points

index = edge(Path(sys.argv[1]))
index.write_chunks([point("archive", version="v0")])
index.set_standing(key("v0"), SHOWN)
index.write_chunks(random_points())
index.write_file(point("budget", name="file"))
print("written", flush=True)
time.sleep(60)
"""


def test_a_kill_right_after_writing_loses_no_point(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", WRITE_AND_WAIT, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert child.stdout.readline() == "written\n"
    finally:
        child.kill()
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL

    index = edge(tmp_path)
    assert index.count_chunks(key("v1")) == len(random_points())
    assert len(index.search_chunks(asking("archive"))) == 1
    index.set_standing(key("v1"), SHOWN)
    assert index.search_chunks(asking("travel budget"))
    assert len(index.search_files(asking("budget"))) == 1
    index.close()
