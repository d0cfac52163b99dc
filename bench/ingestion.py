"""Pages a second from upload to searchable, through the browser's own requests.

    python -m bench.ingestion --data FOLDER_OF_FILES [--pages 2000] [--runs 5] [--json]

The files are uploaded again and again, each round into a corpus of its own (in one corpus they
would be refused as duplicates), until there are as many pages.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.scratch import say
from bench.site import Browser, signed_in, site

UPLOADS_AT_A_TIME = 3  # as the page does


async def upload_all(browser: Browser, corpus: str, files: list[Path]) -> None:
    token = await browser.token()
    places = asyncio.Semaphore(UPLOADS_AT_A_TIME)

    async def upload(path: Path) -> None:
        async with places:
            content = await asyncio.to_thread(path.read_bytes)
            await browser.upload(corpus, path.name, content, token)

    await asyncio.gather(*(upload(path) for path in files))


async def ingest(url: str, files: list[Path], pages: int) -> tuple[int, float]:
    """Pages that came online, and the seconds that took."""
    async with signed_in(url) as browser:
        await browser.until_ingested()  # the starter corpus
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


def main() -> int:
    parser = argparse.ArgumentParser(description="ingestion benchmark")
    parser.add_argument("--data", type=Path, required=True, help="folder of files")
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    arguments = parser.parse_args()
    files = sorted(path for path in arguments.data.iterdir() if path.is_file())
    speeds = []
    pages = 0
    for run in range(arguments.runs):
        folder = Path(tempfile.mkdtemp(prefix="cassandre-bench-"))
        try:
            with site(folder) as (_process, url):
                pages, seconds = asyncio.run(ingest(url, files, arguments.pages))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        speeds.append(round(pages / seconds, 1))
        say(f"run {run + 1}: {pages} pages in {seconds:.1f} s, {speeds[-1]} pages/s")
    figures = {
        "pages_per_s": statistics.median(speeds),
        "pages": pages,
        "runs": arguments.runs,
    }
    for name, value in figures.items():
        print(f"{name:12} {value}")
    if arguments.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
