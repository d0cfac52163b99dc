"""Where the time of an ingestion goes, step by step, and what it weighs.

    python -m bench.ingestion_steps --data FOLDER_OF_FILES [--json]
    python -m bench.ingestion_steps --heavy [--pages 1500] [--mb 100] [--json]
    python -m bench.ingestion_steps --text [--json]

Ingests the files one after the other in this process, in a scratch installation, and prints for
each step the seconds, and the milliseconds of processor per page: of this process, and of the
children that read. `--heavy` takes one PDF of text and pictures, made for the purpose, `--text` a
plain text of a thousand passages. The memory is RssAnon at its peak.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.heavy_pdf import write_pdf
from bench.passages import files as handbook
from bench.processes import cpu_seconds, tree
from bench.scratch import say, scratch_installation
from bench.volume import memory_mib

LOOK_EVERY_S = 0.02
THOUSAND_PASSAGES = 1_000


@dataclass(slots=True)
class Spent:
    seconds: float = 0.0
    own_cpu: float = 0.0
    children_cpu: float = 0.0


@dataclass(slots=True)
class Peak:
    """RssAnon in MiB."""

    worker: int = 0
    child: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        me = psutil.Process()
        while not self.ended.wait(LOOK_EVERY_S):
            self.worker = max(self.worker, memory_mib(me.pid)["RssAnon"])
            for child in tree(me)[1:]:
                try:
                    self.child = max(self.child, memory_mib(child.pid).get("RssAnon", 0))
                except (OSError, KeyError):  # it has just ended
                    continue


@contextmanager
def watched() -> Iterator[Peak]:
    peak = Peak()
    thread = threading.Thread(target=peak.watch)
    thread.start()
    try:
        yield peak
    finally:
        peak.ended.set()
        thread.join()


def children_cpu() -> float:
    """Of those that live and those that have ended."""
    me = psutil.Process()
    ended = sum(sum(one.cpu_times()[2:4]) for one in tree(me))
    return float(cpu_seconds(me) - sum(me.cpu_times()[:2]) + ended)


def timed(name: str, work: Callable[[Any], None], spent: dict[str, Spent]) -> Callable[[Any], None]:
    def step(run: Any) -> None:
        at, cpu, children = time.perf_counter(), time.process_time(), children_cpu()
        work(run)
        mine = spent.setdefault(name, Spent())
        mine.seconds += time.perf_counter() - at
        mine.own_cpu += time.process_time() - cpu
        mine.children_cpu += children_cpu() - children

    return step


def ingest_files(paths: list[Path]) -> tuple[dict[str, Spent], int, int]:
    """Seconds by step, pages and passages. A small file is read before, to load what is loaded
    once."""
    from django.core.files import File

    from accounts.services import create_first_administrator
    from documents import steps
    from documents.ingestion import ingest
    from documents.models import Chunk, Page
    from documents.receiving import receive_file
    from documents.services import create_corpus

    admin = create_first_administrator(email="bench@example.org", password="-", name="Bench")

    def run(corpus_name: str, chosen: list[Path]) -> None:
        corpus = create_corpus(by=admin, name=corpus_name, language="en", visibility="all")
        versions = []
        for path in chosen:
            with path.open("rb") as content:
                file = File(content, name=path.name)
                versions.append(receive_file(by=admin, corpus=corpus, file=file))
        for version in versions:
            ingest(version.pk)
            version.refresh_from_db()
            if not version.live:
                say(f"{version.file_name}: {version.error_sentence}")

    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.pdf"
        write_pdf(small, pages=3, size_bytes=30_000)
        run("Warm", [small])
    before = Page.objects.count(), Chunk.objects.count()
    spent: dict[str, Spent] = {}
    every = steps._STEPS  # noqa: SLF001 (what is measured is inside)
    every[:] = [(name, timed(str(name), work, spent)) for name, work in every]
    run("Measured", paths)
    return spent, Page.objects.count() - before[0], Chunk.objects.count() - before[1]


def report(spent: dict[str, Spent], pages: int, passages: int, peak: Peak) -> dict[str, Any]:
    print(f"{'step':10} {'seconds':>8} {'own ms/page':>12} {'children ms/page':>17}")
    for name, one in spent.items():
        own, children = 1000 * one.own_cpu / pages, 1000 * one.children_cpu / pages
        print(f"{name:10} {one.seconds:8.2f} {own:12.2f} {children:17.2f}")
    seconds = sum(one.seconds for one in spent.values())
    cpu = sum(one.own_cpu + one.children_cpu for one in spent.values())
    figures: dict[str, Any] = {
        "pages": pages,
        "passages": passages,
        "seconds": round(seconds, 2),
        "pages_per_s": round(pages / seconds, 1),
        "pages_per_cpu_s": round(pages / cpu, 1),
        "worker_peak_mib": peak.worker,
        "child_peak_mib": peak.child,
    }
    for name, value in figures.items():
        print(f"{name:16} {value}")
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description="steps of an ingestion")
    kind = parser.add_mutually_exclusive_group(required=True)
    kind.add_argument("--data", type=Path, help="folder of files")
    kind.add_argument("--heavy", action="store_true", help="one PDF of --pages and --mb")
    kind.add_argument("--text", action="store_true", help="a thousand passages of plain text")
    parser.add_argument("--pages", type=int, default=1500)
    parser.add_argument("--mb", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cassandre-bench-") as folder:
        paths = _paths(arguments, Path(folder))
        with scratch_installation(), watched() as peak:
            spent, pages, passages = ingest_files(paths)
    figures = report(spent, pages, passages, peak)
    if arguments.json:
        print(json.dumps(figures))
    return 0


def _paths(arguments: argparse.Namespace, folder: Path) -> list[Path]:
    if arguments.data:
        return sorted(path for path in arguments.data.iterdir() if path.is_file())
    if arguments.heavy:
        path = folder / "heavy.pdf"
        write_pdf(path, pages=arguments.pages, size_bytes=arguments.mb * 1_000_000)
        return [path]
    path = folder / "handbook.txt"
    path.write_text("\n\n".join(text for _name, text in handbook(THOUSAND_PASSAGES)))
    return [path]


if __name__ == "__main__":
    sys.exit(main())
