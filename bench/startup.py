"""How soon Cassandre is ready, and what it weighs at rest.

    python -m bench.startup [--runs 5] [--idle-s 60] [--json]

Each run starts the one process on a data folder that a first start has prepared, waits for
/healthz, then leaves it alone and reads its memory.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.processes import rss_mib
from bench.scratch import say
from bench.site import site


def main() -> int:
    parser = argparse.ArgumentParser(description="start-up benchmark")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--idle-s", type=float, default=60)
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cassandre-bench-"))
    ready: list[float] = []
    memory: list[float] = []
    try:
        with site(folder):
            time.sleep(5)  # the starter corpus is indexed
        for run in range(arguments.runs):
            started = time.monotonic()
            with site(folder) as (process, _url):
                ready.append(round(time.monotonic() - started, 2))
                time.sleep(arguments.idle_s)
                memory.append(round(rss_mib(process), 1))
            say(f"run {run + 1}: ready in {ready[-1]} s, {memory[-1]} MiB")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures = {
        "ready_s": statistics.median(ready),
        "rss_mib": statistics.median(memory),
        "runs": arguments.runs,
    }
    for name, value in figures.items():
        print(f"{name:12} {value}")
    if arguments.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
