"""What is written to the embedded index leaves memory at a start, and nothing is lost by it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from documents.adapters import edge_compaction, registry
from documents.adapters.edge_compaction import bytes_in_memory, compact
from documents.adapters.qdrant_edge import QdrantEdgeIndex
from documents.tests.passage_points import SHOWN, asking, key, point, random_points

SENTENCES = [f"travel budget number {number} of the annual pension" for number in range(40)]


def filled(folder: Path) -> QdrantEdgeIndex:
    index = QdrantEdgeIndex(folder)
    index.write_chunks([point(text, standing=SHOWN) for text in SENTENCES])
    index.write_file(point("budget", name="file", standing=SHOWN))
    return index


@pytest.fixture
def eager(monkeypatch):
    """The engine leaves few points as they are: let it take them for many."""
    monkeypatch.setattr(edge_compaction, "WORTH_BYTES", 1)


def test_a_compacted_index_finds_the_same_with_the_same_scores(tmp_path):
    index = filled(tmp_path)
    before = index.search_chunks(asking("number 7 of the budget"))
    index.close()
    assert compact(tmp_path / "chunks")
    index = QdrantEdgeIndex(tmp_path)
    assert index.search_chunks(asking("number 7 of the budget")) == before
    index.write_chunks([point("a passport", standing=SHOWN)])
    assert len(index.search_chunks(asking("passport"))) == 1
    index.delete_version(key("v1"))
    assert index.search_chunks(asking("budget")) == []
    index.close()


def test_only_what_is_held_in_memory_counts(tmp_path):
    index = QdrantEdgeIndex(tmp_path)
    index.write_chunks(random_points())
    index.close()
    shard = tmp_path / "chunks"
    assert bytes_in_memory(shard) > 0
    for segment in (shard / "segments").glob("*/segment.json"):
        segment.write_text(segment.read_text().replace("MutableRam", "Mmap"))
    assert bytes_in_memory(shard) == 0
    assert bytes_in_memory(tmp_path / "nowhere") == 0


def test_a_child_that_fails_leaves_the_index_as_it_was(tmp_path, monkeypatch):
    filled(tmp_path).close()

    def killed(command, **_options):
        shutil.rmtree(Path(command[-1]) / "segments")
        raise subprocess.CalledProcessError(-9, command)

    monkeypatch.setattr(subprocess, "run", killed)
    assert not compact(tmp_path / "chunks")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chunks", "files"]
    index = QdrantEdgeIndex(tmp_path)
    assert index.search_chunks(asking("budget"))
    index.close()


def test_a_full_disk_leaves_the_index_as_it_was(tmp_path, monkeypatch):
    filled(tmp_path).close()
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
    assert not compact(tmp_path / "chunks")


def test_an_index_that_lost_power_between_its_two_names_is_found_again(tmp_path):
    filled(tmp_path).close()
    (tmp_path / "chunks").rename(tmp_path / "chunks.old")
    index = QdrantEdgeIndex(tmp_path)
    assert index.search_chunks(asking("budget"))
    index.close()
    assert not (tmp_path / "chunks.old").exists()


@pytest.mark.usefixtures("eager")
def test_the_start_compacts_the_index_that_it_is_going_to_open(tmp_path, monkeypatch, settings):
    settings.CASSANDRE_DATA, settings.QDRANT_URL = str(tmp_path), ""
    generation = key("generation")
    folder = registry.index_folder() / generation.hex
    filled(folder).close()
    announced, compacted = [], []
    monkeypatch.setattr(edge_compaction, "compact", compacted.append)
    monkeypatch.setattr(registry, "_lock", None)
    registry.compact_index(generation, lambda: announced.append(1))
    assert not compacted  # without the lock
    registry.lock_index()
    registry.compact_index(generation, lambda: announced.append(1))
    assert sorted(path.name for path in compacted) == ["chunks", "files"]
    assert len(announced) == 2
    registry.close_indexes()
