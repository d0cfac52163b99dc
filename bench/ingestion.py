"""Pages a second from upload to searchable, through the browser's own requests.

    python -m bench.ingestion --data FOLDER_OF_FILES [--pages 2000] [--runs 5] [--cores 1]
                              [--searches 10] [--json]

The files are uploaded again and again, each round into a corpus of its own (in one corpus they
would be refused as duplicates), until there are as many pages. `--cores` confines the whole
installation (web process, worker, extraction) to so many processor cores, `--searches` asks for
the search page so many times a second meanwhile. bench.ingestion_steps tells where the time goes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import psutil

from bench.metrics import percentile
from bench.processes import tree
from bench.scratch import say
from bench.search import ask_at_rate
from bench.site import Browser, signed_in, site

UPLOADS_AT_A_TIME = 3  # as the page does
QUESTIONS = ["annual leave", "dental coverage", "role of a manager", "health plan deductible"]
_ASKED_FOR_S = 2.0  # before it is looked whether files are still under way

Figures = dict[str, float]


async def upload_all(browser: Browser, corpus: str, files: list[Path]) -> None:
    token = await browser.token()
    places = asyncio.Semaphore(UPLOADS_AT_A_TIME)

    async def upload(path: Path) -> None:
        async with places:
            content = await asyncio.to_thread(path.read_bytes)
            await browser.upload(corpus, path.name, content, token)

    await asyncio.gather(*(upload(path) for path in files))


async def ingest(browser: Browser, files: list[Path], pages: int) -> tuple[int, float]:
    """Pages that came online, and the seconds that took."""
    at_first = await pages_online(browser)
    first = await browser.new_corpus("Round 1", "en")
    started = time.monotonic()
    await upload_all(browser, first, files)
    await browser.until_ingested()
    done = await pages_online(browser) - at_first
    rounds = max(0, -(-pages // done) - 1)
    spent = time.monotonic() - started
    corpora = [await browser.new_corpus(f"Round {n + 2}", "en") for n in range(rounds)]
    started = time.monotonic() - spent
    for corpus in corpora:
        await upload_all(browser, corpus, files)
    await browser.until_ingested()
    return await pages_online(browser) - at_first, time.monotonic() - started


async def pages_online(browser: Browser) -> int:
    return sum(int(row["Pages"] or 0) for row in await browser.documents("online"))


async def measure(url: str, files: list[Path], pages: int, searches: float) -> Figures:
    async with signed_in(url) as browser:
        await browser.until_ingested()  # the starter corpus
        working = asyncio.create_task(ingest(browser, files, pages))
        taken: list[float] = []
        while searches and not working.done():
            questions = list(islice(cycle(QUESTIONS), int(searches * _ASKED_FOR_S)))
            taken += await ask_at_rate(browser, questions, searches)
        done, seconds = await working
    figures = {"pages": done, "pages_per_s": round(done / seconds, 1)}
    if taken:
        for share in (0.5, 0.95):
            figures[f"search_ms_p{share * 100:.0f}"] = round(percentile(taken, share), 1)
    return figures


def confine(process: psutil.Process, cores: int) -> None:
    chosen = sorted(os.sched_getaffinity(0))[:cores]
    for one in tree(process):
        for thread in one.threads():
            os.sched_setaffinity(thread.id, chosen)  # what it starts later is confined too


def main() -> int:
    parser = argparse.ArgumentParser(description="ingestion benchmark")
    parser.add_argument("--data", type=Path, required=True, help="folder of files")
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cores", type=int, default=0, help="0: as many as there are")
    parser.add_argument("--searches", type=float, default=0, help="a second, meanwhile")
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    arguments = parser.parse_args()
    files = sorted(path for path in arguments.data.iterdir() if path.is_file())
    runs: list[Figures] = []
    for run in range(arguments.runs):
        folder = Path(tempfile.mkdtemp(prefix="cassandre-bench-"))
        try:
            with site(folder) as (process, url):
                if arguments.cores:
                    time.sleep(1)  # its worker is there too
                    confine(process, arguments.cores)
                measured = measure(url, files, arguments.pages, arguments.searches)
                runs.append(asyncio.run(measured))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        say(f"run {run + 1}: {runs[-1]}")
    figures = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    figures |= {"runs": arguments.runs, "cores": arguments.cores or len(os.sched_getaffinity(0))}
    for name, value in figures.items():
        print(f"{name:14} {value}")
    if arguments.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
