"""Many people at work on the production stack of this machine (bench.stack).

    python -m bench.load --users 200 --every 20 --minutes 10 [--search-every 40] [--out FILE.json]
    python -m bench.load --table FILE.json     writes the figures into docs/operations.md

The model sends 200 tokens, 20 ms apart; each token is the time at which it left. Exit code 1 where
an aim is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvloop

from bench.faults.report import write_between
from bench.load.people import Pace, at_work, warm_up
from bench.load.report import BEGIN, END, figures, missed, tables_of
from bench.load.usage import Usage, watch
from bench.scratch import say
from bench.seed import questions_of
from bench.stack import Stack, Wanted, scratch_folder, stack
from bench.stack.__main__ import leave

TOKENS, GAP_MS = 200, 20


def main() -> int:
    parser = argparse.ArgumentParser(description="load on the production stack")
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--every", type=float, default=20, help="seconds between two questions")
    parser.add_argument("--search-every", type=float, default=40, help="and between two searches")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--passages", type=int, default=1000)
    parser.add_argument("--out", type=Path, help="file for the figures")
    parser.add_argument("--table", type=Path, metavar="FILE.json")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder and its logs")
    given = parser.parse_args()
    if given.table:
        write_between(tables_of(json.loads(given.table.read_text())), BEGIN, END)
        return 0
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    pace = Pace(given.every, given.search_every, given.minutes * 60)
    wanted = Wanted(
        people=given.users, passages=given.passages, model=f"mock-{TOKENS}t-{GAP_MS}ms-ts"
    )
    with scratch_folder(keep=given.keep) as folder, stack(folder, wanted) as running:
        say(f"{given.users} people at {running.url}")
        found = uvloop.run(_measured(running, pace, given.passages))
    print(json.dumps(found, indent=2))
    if given.out:
        given.out.write_text(json.dumps(found, indent=2))
    for aim in missed(found):
        say(f"missed: {aim}")
    return 1 if missed(found) else 0


async def _measured(running: Stack, pace: Pace, passages: int) -> dict[str, Any]:
    questions = questions_of(passages)
    await warm_up(running, questions[0])
    usage = Usage()
    watching = asyncio.create_task(watch(running, usage))
    seen = await at_work(running, pace, questions)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    found = figures(seen, len(running.seeded.readers), pace, GAP_MS)
    restarts = [name for _at, name in running.restarts]
    return {**found, "restarts": restarts, "processes": usage.figures()}


if __name__ == "__main__":
    sys.exit(main())
