"""How long the search page takes through HTTP, over a question set's own documents.

    python -m bench.search --data DIR [--runs 5] [--queries 200] [--json]

Uploads the set through the browser's requests, then asks for the search page of each question,
one after another, and reads the milliseconds to its last byte.
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
from urllib.parse import urlencode

from bench.metrics import percentile
from bench.question_sets import QuestionSet, load
from bench.scratch import say
from bench.site import Browser, signed_in, site

UPLOADS_AT_A_TIME = 3


async def fill(browser: Browser, questions: QuestionSet) -> None:
    corpus = await browser.new_corpus("Set", "en")
    token = await browser.token()
    places = asyncio.Semaphore(UPLOADS_AT_A_TIME)

    async def upload(name: str, content: bytes) -> None:
        async with places:
            await browser.upload(corpus, name, content, token)

    started = time.monotonic()
    await asyncio.gather(*(upload(source.name, source.content) for source in questions.sources()))
    say(f"uploaded in {time.monotonic() - started:.0f} s")
    await browser.until_ingested()
    online, failed = await browser.documents("online"), await browser.documents("failed")
    say(f"{len(online)} documents online, {len(failed)} failed")


async def ask(browser: Browser, texts: list[str]) -> list[float]:
    milliseconds = []
    for text in texts:
        started = time.monotonic()
        await browser.get(f"/search/?{urlencode({'q': text})}")
        milliseconds.append((time.monotonic() - started) * 1000)
    return milliseconds


async def ask_at_rate(browser: Browser, texts: list[str], rate: float) -> list[float]:
    """So many a second, each at its time, whether or not those before it were answered."""
    started = time.monotonic()

    async def one(number: int, text: str) -> float:
        due = started + number / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await browser.get(f"/search/?{urlencode({'q': text})}")
        return (time.monotonic() - due) * 1000

    return await asyncio.gather(*(one(number, text) for number, text in enumerate(texts)))


async def measure(url: str, questions: QuestionSet, runs: int, queries: int) -> dict[str, float]:
    async with signed_in(url) as browser:
        await fill(browser, questions)
        texts = list(questions.questions.values())[:queries]
        await ask(browser, texts[:20])  # warm
        measured = [await ask(browser, texts) for _run in range(runs)]
    return {
        "ms_p50": round(statistics.median(percentile(run, 0.5) for run in measured), 1),
        "ms_p95": round(statistics.median(percentile(run, 0.95) for run in measured), 1),
        "queries": len(texts),
        "runs": runs,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="search page benchmark")
    parser.add_argument("--data", type=Path, required=True, help="folder of the question set")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    arguments = parser.parse_args()
    questions = load(arguments.data)
    folder = Path(tempfile.mkdtemp(prefix="cassandre-bench-"))
    try:
        with site(folder) as (_process, url):
            figures = asyncio.run(measure(url, questions, arguments.runs, arguments.queries))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, value in figures.items():
        print(f"{name:12} {value}")
    if arguments.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
