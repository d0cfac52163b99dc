"""bench.streaming for many numbers of streams, gaps, modes and servers, as one Markdown table.

    python -m bench.streaming_table [--streams 1,10,100,200,500] [--gaps 20,0]
                                    [--modes embedded,redis] [--servers uvicorn,daphne]
                                    [--passages N] [--out FILE.md]

The whole takes some 12 minutes on two cores. A cell that fails says why, and the others go on.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path

import aiohttp
import psutil

from bench.processes import mock_model
from bench.scratch import say
from bench.streaming_report import Cell, Figures, Wanted, beside_the_point, numbers, table, words
from bench.streaming_servers import (
    Failed,
    Setup,
    Target,
    bare_proxy,
    cassandre,
    measure,
    raise_file_limit,
    seed,
)

Results = dict[Cell, Figures | str]


def main() -> int:
    wanted, passages, out = _arguments()
    raise_file_limit()
    folder = Path(tempfile.mkdtemp(prefix="cassandre-bench-"))
    started = time.monotonic()
    try:
        results = measure_all(wanted, passages, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"{len(results)} cells in {(time.monotonic() - started) / 60:.1f} minutes")
    text = (
        f"{_circumstances(passages)}\n\n{table(results)}"
        f"\n### The server's own times, and the machine\n\n{beside_the_point(results)}"
    )
    print(text)
    if out is not None:
        out.write_text(text, encoding="utf-8")
    return int(any(isinstance(found, str) for found in results.values()))


def measure_all(wanted: Wanted, passages: int, folder: Path) -> Results:
    """Everything with the same gap is measured by one process, from few streams to many."""
    results: Results = {}
    seeded = seed(folder, people=max(wanted.streams), passages=passages)
    with mock_model(folder) as model_url:
        for gap in wanted.gaps:
            cells = wanted.cells(gap)
            _measure_cells(cells, bare_proxy(gap, folder, model_url), results)
            for mode in wanted.modes:
                for server in wanted.servers:
                    setup = Setup(gap, mode, server, passages)
                    target = cassandre(setup, seeded, folder, model_url)
                    _measure_cells(wanted.cells(gap, mode, server), target, results)
    return results


def _measure_cells(
    cells: list[Cell], serving: AbstractContextManager[Target], results: Results
) -> None:
    """Whatever goes wrong with one server is the result of its cells, and of no others."""
    try:
        with serving as target:
            for cell in cells:
                say(f"{cell.gap_ms} ms, {cell.streams} streams, {cell.name}")
                results[cell] = _measured(target, cell)
    except (RuntimeError, OSError, psutil.Error) as error:
        say(f"failed: {error}")
        for cell in cells:
            results.setdefault(cell, str(error))


def _measured(target: Target, cell: Cell) -> Figures | str:
    try:
        return measure(target, cell.streams)
    except (Failed, aiohttp.ClientError) as error:
        say(f"failed: {error!r}")
        return f"{type(error).__name__}: {error}"


def _arguments() -> tuple[Wanted, int, Path | None]:
    parser = argparse.ArgumentParser(description="table of streaming benchmarks")
    parser.add_argument("--streams", default="1,10,100,200,500")
    parser.add_argument("--gaps", default="20,0", help="milliseconds between two tokens")
    parser.add_argument("--modes", default="embedded,redis")
    parser.add_argument("--servers", default="uvicorn,daphne")
    parser.add_argument("--passages", type=int, default=1)
    parser.add_argument("--out", type=Path, help="Markdown file to write as well")
    arguments = parser.parse_args()
    try:
        wanted = Wanted(
            streams=numbers(arguments.streams),
            gaps=numbers(arguments.gaps),
            modes=words(arguments.modes, ("embedded", "redis")),
            servers=words(arguments.servers, ("uvicorn", "daphne")),
        )
    except ValueError as error:
        parser.error(str(error))
    return wanted, arguments.passages, arguments.out


def _circumstances(passages: int) -> str:
    load = os.getloadavg()[2]
    return (
        f"{psutil.cpu_count()} cores, load average {load:.1f} over the last 15 minutes, "
        f"{passages:,} passage{'s' if passages > 1 else ''}, 200 tokens to an answer."
    )


if __name__ == "__main__":
    sys.exit(main())
