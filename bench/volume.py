"""Search among many passages: time, memory and disk.

    python -m bench.volume --passages 100000 [--corpora 1000] [--words-only] [--data DIR]...
                           [--keep DIR] [--http] [--json]

Builds an installation (bench/volume_index.py) once and keeps it in a folder of --keep named by its
size, then asks the questions of the sets one after another in this process, as an administrator
who may read every corpus. With --http also the search page of `python -m cassandre.serve`, on a
copy: 20 requests a second, each at its time whether or not those before it were answered, while
files are uploaded and ingested by the same installation.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.metrics import percentile
from bench.passages import files
from bench.scratch import say, scratch_installation
from bench.search import ask_at_rate
from bench.site import Browser, signed_in, site
from bench.volume_index import build, questions

QUESTIONS = 400
WARM_QUESTIONS = 40
RATE = 20.0
SLEEPS = 1_000  # of a millisecond, beside searches
UPLOADED_FILES = 40  # more than are ingested meanwhile
READ_EVERY_S = 0.5
MIB = 2**20

Figures = dict[str, float | str]


def memory_of_site(server: psutil.Process) -> dict[str, int]:
    """Of the web process and its worker together; extractions come and go."""
    workers = [one for one in server.children() if "cassandre.worker" in one.cmdline()]
    each = [memory_mib(one.pid) for one in (server, *workers)]
    return {name: sum(memory[name] for memory in each) for name in each[0]}


def memory_mib(pid: int) -> dict[str, int]:
    """RssAnon (of its own) and RssFile (mapped) of a process, of the kernel's status file."""
    status = Path(f"/proc/{pid}/status").read_text()
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return {name: int(lines[name].split()[0]) // 1024 for name in ("RssAnon", "RssFile")}


def disk_mib(folder: Path) -> int:
    """What it takes up, which for sparse files is less than their length."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()) // MIB


def times(milliseconds: list[float], name: str) -> Figures:
    return {
        f"{name}_ms_p50": round(percentile(milliseconds, 0.5), 1),
        f"{name}_ms_p95": round(percentile(milliseconds, 0.95), 1),
    }


def in_process(asked: list[str]) -> Figures:
    from accounts.models import User
    from documents.models import Chunk, Corpus
    from documents.retrieval import search

    user = User.objects.get()
    for text in asked[:WARM_QUESTIONS]:
        search(user, text)
    milliseconds, computing = [], time.process_time()
    for text in asked:
        started = time.perf_counter()
        search(user, text)
        milliseconds.append((time.perf_counter() - started) * 1000)
    computing = time.process_time() - computing
    held_up = waits_beside(lambda: [search(user, text) for text in asked[:WARM_QUESTIONS]])
    memory = memory_mib(os.getpid())
    return {
        "passages": Chunk.objects.count(),
        "corpora": Corpus.objects.count(),
        "questions": len(asked),
        **times(milliseconds, "search"),
        **times(held_up, "sleep_of_1_ms_beside_search"),
        "search_cpu_ms": round(computing * 1000 / len(asked), 1),
        "rss_anon_mib": memory["RssAnon"],
        "rss_file_mib": memory["RssFile"],
    }


def waits_beside(searches: Callable[[], object]) -> list[float]:
    """How long another thread waits for its turn, in milliseconds: an engine that keeps Python's
    lock while it searches holds up the answers that stream meanwhile."""
    over = threading.Event()

    def search_on() -> None:
        while not over.is_set():
            searches()

    waited = []
    with ThreadPoolExecutor(1) as beside:
        searching = beside.submit(search_on)
        for _ in range(SLEEPS):
            started = time.perf_counter()
            time.sleep(0.001)
            waited.append((time.perf_counter() - started) * 1000)
        over.set()
        searching.result()
    return waited


def compact(built: Path) -> None:
    """As a start does where much was added."""
    from documents.adapters.registry import compact_index, lock_index
    from documents.generations import live_generation

    lock_index()
    started, announced = time.monotonic(), []
    compact_index(live_generation().pk, lambda: announced.append(1))
    if announced:
        known = json.loads(built.read_text())
        built.write_text(json.dumps({**known, "compact_s": round(time.monotonic() - started)}))


@contextmanager
def copied(folder: Path) -> Iterator[Path]:
    """What is ingested beside the questions must not stay in the kept installation."""
    with tempfile.TemporaryDirectory(prefix="cassandre-bench-", dir=folder.parent) as copy:
        shutil.copytree(folder / "data", Path(copy) / "data")
        yield Path(copy)


async def through_http(url: str, server: psutil.Process, asked: list[str]) -> Figures:
    async with signed_in(url) as browser:
        await ask_at_rate(browser, asked[:WARM_QUESTIONS], RATE)
        alone = await ask_at_rate(browser, asked, RATE)
        rested = memory_of_site(server)
        corpus = await browser.new_corpus("Uploaded meanwhile", "en")
        uploads = asyncio.create_task(_upload(browser, corpus))
        await asyncio.sleep(2)
        before = await _ingested(browser)
        anonymous: list[int] = []
        watch = asyncio.create_task(_watch(server, anonymous))
        beside = await ask_at_rate(browser, asked, RATE)
        ingested = await _ingested(browser) - before
        for task in (uploads, watch):
            task.cancel()
    return {
        **times(alone, "http"),
        **times(beside, "http_beside_ingestion"),
        "files_ingested_meanwhile": ingested,
        "server_rss_anon_mib": rested["RssAnon"],
        "server_rss_file_mib": rested["RssFile"],
        "server_rss_anon_mib_ingesting": max(anonymous),
    }


async def _upload(browser: Browser, corpus: str) -> None:
    token = await browser.token()
    for name, text in files(UPLOADED_FILES * 100):
        await browser.upload(corpus, name, text.encode(), token)


async def _ingested(browser: Browser) -> int:
    return sum("handbook-" in str(row) for row in await browser.documents("online"))


async def _watch(server: psutil.Process, anonymous: list[int]) -> None:
    while True:
        anonymous.append(memory_of_site(server)["RssAnon"])
        await asyncio.sleep(READ_EVERY_S)


def measure(arguments: argparse.Namespace, kept: Path) -> Figures:
    kind = "-words-only" if arguments.words_only else ""
    folder = kept / f"{arguments.passages}-passages-{arguments.corpora}-corpora{kind}"
    asked = questions(arguments.data, arguments.passages, QUESTIONS)
    built = folder / "built.json"
    if not built.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with scratch_installation(keep=folder / "data"):
            seconds = build(
                arguments.data,
                arguments.passages,
                arguments.corpora,
                words_only=arguments.words_only,
            )
        built.write_text(json.dumps({"build_s": round(seconds)}))
        # A process that has built it holds what the engine took for that.
        os.execv(sys.executable, [sys.executable, "-m", "bench.volume", *_again(kept)])
    load = os.getloadavg()[0]
    with scratch_installation(keep=folder / "data"):
        compact(built)
        figures = in_process(asked)
    figures |= {
        "index_disk_mib": disk_mib(folder / "data" / "index"),
        "database_disk_mib": disk_mib(folder / "data") - disk_mib(folder / "data" / "index"),
        **json.loads(built.read_text()),
    }
    if arguments.http:
        with copied(folder) as copy, site(copy) as (server, url):
            figures |= asyncio.run(through_http(url, server, asked))
    return figures | {"load_before": round(load, 2)}


def _again(kept: Path) -> list[str]:
    given = sys.argv[1:]
    return given if "--keep" in given else [*given, "--keep", str(kept)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--corpora", type=int, default=1, help="that they are spread over")
    parser.add_argument(
        "--data", type=Path, action="append", default=[], help="question set to take them from"
    )
    parser.add_argument("--words-only", action="store_true", help="corpora with the lighter index")
    parser.add_argument("--keep", type=Path, help="folder of what is built, to measure it again")
    parser.add_argument("--http", action="store_true", help="also the search page")
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    arguments = parser.parse_args()
    kept = arguments.keep or Path(tempfile.mkdtemp(prefix="cassandre-volume-"))
    figures = measure(arguments, kept)
    if not arguments.keep:
        say(f"kept in {kept}: --keep {kept} measures it again")
    for name, value in figures.items():
        print(f"{name:30} {value}")
    if arguments.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
