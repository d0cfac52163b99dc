"""New points of an embedded index into the form that is read from disk.

Qdrant Edge holds the terms of new points in memory, some 9 KB a passage, until `optimize()` writes
them down. That holds the interpreter for seconds, so it is done before anything is served, in a
process of its own and on a copy: one that fails or is killed has changed nothing.
"""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path

from qdrant_edge import (
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    HnswIndexConfig,
    Memory,
    Modifier,
)

from documents.adapters.passage_payload import LEXICAL

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).parents[2]
# Of terms on disk, which take twice that in memory: some 15,000 passages.
WORTH_BYTES = 64_000_000
TIMEOUT_S = 600
# What is written beside a shard, over its own size: its terms once more, by passage and by term.
ROOM = 3

# One segment is as quick to search as several, and reads less.
OPTIMIZERS = EdgeOptimizersConfig(default_segment_number=1)
# Dense vectors go on being compared with each other's all: a graph would find most of them only.
NO_GRAPH = HnswIndexConfig(m=0, ef_construct=4, full_scan_threshold=0)
# Fewer points than `full_scan_threshold` that pass a filter are compared one by one. By default
# 5,000: among 4,000 whole files that took 4 ms rather than 1.
TERMS = EdgeSparseVectorParams(modifier=Modifier.Idf, memory=Memory.Cold, full_scan_threshold=200)


def bytes_in_memory(shard: Path) -> int:
    """On disk, the size of the terms that the engine would hold in memory; 0 where the folder is
    not as this version of it writes them."""
    return sum(_terms_of(segment) for segment in (shard / "segments").glob("*/segment.json"))


def _terms_of(segment: Path) -> int:
    try:
        vectors = json.loads(segment.read_text())["config"]["sparse_vector_data"]
        if vectors[LEXICAL]["index"]["index_type"] != "MutableRam":
            return 0
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return _size_on_disk(segment.parent / f"vector_storage-{LEXICAL}")


def _size_on_disk(folder: Path) -> int:
    """Its files are laid out ahead with holes in them."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def compact(shard: Path) -> bool:
    """Rewrite a shard that no process has open; whether it was done. Raises OSError."""
    copy, old = shard.with_name(f"{shard.name}.compact"), shard.with_name(f"{shard.name}.old")
    shutil.rmtree(copy, ignore_errors=True)
    if shutil.disk_usage(shard).free < ROOM * _size_on_disk(shard):
        logger.warning("%s is not compacted: the disk has too little room", shard)
        return False
    shutil.copytree(shard, copy)
    command = [sys.executable, "-m", __name__, str(copy.resolve())]
    try:
        subprocess.run(command, check=True, timeout=TIMEOUT_S, cwd=_ROOT)
    except (subprocess.SubprocessError, OSError) as error:
        logger.warning("%s is not compacted: %s", shard, error)
        shutil.rmtree(copy, ignore_errors=True)
        return False
    shard.rename(old)
    copy.rename(shard)
    shutil.rmtree(old)
    return True


def mend(shard: Path) -> None:
    """Clear up after a `compact` that was cut off."""
    shutil.rmtree(shard.with_name(f"{shard.name}.compact"), ignore_errors=True)
    old = shard.with_name(f"{shard.name}.old")
    if old.exists() and not shard.exists():
        old.rename(shard)
    shutil.rmtree(old, ignore_errors=True)


def main(folder: str) -> None:
    # Where memory runs out, this process ends, not the one that waits for it.
    Path("/proc/self/oom_score_adj").write_text("1000")
    config = EdgeConfig(
        sparse_vectors={LEXICAL: TERMS}, optimizers=OPTIMIZERS, hnsw_config=NO_GRAPH
    )
    shard = EdgeShard.load(folder, config)
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    main(sys.argv[1])
