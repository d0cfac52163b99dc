"""How fast and how cheaply answers stream, beside a bare proxy on the same mock model.

    python -m bench.streaming [--streams N] [--gap-ms M] [--mode embedded|redis]
                              [--server uvicorn|daphne] [--passages N] [--json]

Starts a mock model, a bare proxy and Cassandre in a scratch folder on free ports, asks N
questions at a time over real websockets, and prints each figure with its ratio to the proxy.
docs/streaming.md says what each means.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.processes import mock_model
from bench.scratch import say
from bench.streaming_servers import (
    TOKENS,
    Setup,
    bare_proxy,
    cassandre,
    measure,
    raise_file_limit,
    seed,
)


def main() -> int:
    parser = argparse.ArgumentParser(description="streaming benchmark")
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--gap-ms", type=int, default=20, help="between two tokens; 0: flat out")
    parser.add_argument("--mode", choices=["embedded", "redis"], default="embedded")
    parser.add_argument("--server", choices=["uvicorn", "daphne"], default="uvicorn")
    parser.add_argument("--passages", type=int, default=1, help="to search for the answer in")
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    arguments = parser.parse_args()
    raise_file_limit()
    setup = Setup(arguments.gap_ms, arguments.mode, arguments.server, arguments.passages)
    streams: int = arguments.streams
    folder = Path(tempfile.mkdtemp(prefix="cassandre-bench-"))
    say(f"{streams} streams of {TOKENS} tokens, {setup.gap_ms} ms apart")
    try:
        seeded = seed(folder, people=streams, passages=setup.passages)
        with mock_model(folder) as model_url:
            with bare_proxy(setup.gap_ms, folder, model_url) as target:
                bare = measure(target, streams)
            with cassandre(setup, seeded, folder, model_url) as target:
                ours = measure(target, streams)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_table(ours, bare)
    if arguments.json:
        print(json.dumps({**ours, "bare": bare}))
    return 0


def print_table(ours: dict[str, Any], bare: dict[str, Any]) -> None:
    print(f"{'':28}{'cassandre':>12}{'bare proxy':>12}{'ratio':>8}")
    for name, value in ours.items():
        floor = bare.get(name, "")
        ratio = f"{value / floor:8.2f}" if floor else ""
        print(f"{name:28}{value:>12}{floor:>12}{ratio}")


if __name__ == "__main__":
    sys.exit(main())
