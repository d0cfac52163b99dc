"""Do answers survive? Users, two web processes, and one of them killed every two minutes.

    python -m bench.soak [--minutes 30] [--users 50] [--kill-every-s 120] [--json]

nginx, two web processes, a worker and its timer, PostgreSQL, Redis, a mock model, and a stand-in
for Qdrant (bench/qdrant_stand_in.py), all in a scratch folder on free ports. The users ask, stop,
reload and lose the network at random. At the end every answer must be in a final state, and every
reader must hold exactly what the database holds. Exit code 1 where something of that is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from bench.scratch import say
from bench.soak.checks import (
    Memory,
    Outcome,
    broken_invariants,
    figures,
    logged_errors,
    read_rows,
    wait_until_final,
)
from bench.soak.people import PATIENCE_S, Person, Seen
from bench.soak.stack import Stack, stack

SAMPLE_S = 5.0
TELL_S = 30.0
SHOWN = 20


def main() -> int:
    parser = argparse.ArgumentParser(description="soak test of the streaming engine")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--kill-every-s", type=float, default=120)
    parser.add_argument("--json", action="store_true", help="last line: one JSON object")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder and its logs")
    wanted = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    folder = Path(tempfile.mkdtemp(prefix="cassandre-soak-"))
    folder.chmod(0o711)  # the users of PostgreSQL and nginx must be able to pass through
    try:
        with stack(folder, wanted.users) as installation:
            outcome = asyncio.run(soak(installation, wanted.minutes, wanted.kill_every_s))
            logs = [log for web in installation.web for log in web.logs]
        outcome.logged_errors = logged_errors([*logs, folder / "worker.log", folder / "beat.log"])
    finally:
        if wanted.keep:
            say(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    broken = broken_invariants(outcome)
    report = {**figures(outcome), "broken": broken[:SHOWN], "broken_count": len(broken)}
    print_report(report)
    if wanted.json:
        print(json.dumps(report))
    return 1 if broken else 0


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


async def soak(installation: Stack, minutes: float, kill_every_s: float) -> Outcome:
    seen = Seen()
    outcome = Outcome(minutes=minutes, users=len(installation.cookies), seen=seen)
    until = time.monotonic() + minutes * 60
    people = [
        Person(installation.url, cookie, seen, random.Random(number))
        for number, cookie in enumerate(installation.cookies)
    ]
    killing = asyncio.create_task(_kill(installation, outcome, kill_every_s, until))
    around = [
        asyncio.create_task(_watch_memory(installation, outcome.memory)),
        asyncio.create_task(_tell(outcome)),
    ]
    # Bounded: whoever still waits then has been told so by the checks.
    async with asyncio.timeout(minutes * 60 + 3 * PATIENCE_S):
        living = [asyncio.create_task(person.live(until)) for person in people]
        await asyncio.sleep(minutes * 60)
        outcome.final_after_s = await wait_until_final(installation.database)
        await asyncio.gather(killing, *living)
    for task in around:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    outcome.steady = tuple(name for name in installation.processes() if name != VICTIM)
    await read_rows(installation.database, outcome)
    return outcome


VICTIM = "web-2"  # always the same one: the memory of the other is watched over the whole time


async def _kill(installation: Stack, outcome: Outcome, every_s: float, until: float) -> None:
    (victim,) = (web for web in installation.web if web.name == VICTIM)
    next_at = time.monotonic() + every_s / 2
    while next_at < until:
        await asyncio.sleep(next_at - time.monotonic())
        next_at += every_s
        outcome.marked_after_s.append(await installation.restart(victim))
        say(f"{VICTIM} killed; its answers were marked after {outcome.marked_after_s[-1]:.1f} s")


async def _watch_memory(installation: Stack, memory: Memory) -> None:
    while True:
        memory.take(installation.processes())
        await asyncio.sleep(SAMPLE_S)


async def _tell(outcome: Outcome) -> None:
    seen = outcome.seen
    while True:
        await asyncio.sleep(TELL_S)
        ended = sum(reading.ended.is_set() for reading in seen.readings)
        wrong = sum(bool(reading.violations) for reading in seen.readings)
        sizes = ", ".join(
            f"{name} {samples[-1][1]:.0f} MiB" for name, samples in outcome.memory.samples.items()
        )
        say(f"{seen.asked} asked, {ended} read to the end, {wrong} wrong; {sizes}")


def print_report(report: dict[str, Any]) -> None:
    for name, value in report.items():
        if isinstance(value, dict):
            print(f"{name}:")
            for inner, number in value.items():
                print(f"    {inner}: {number}")
        elif isinstance(value, list) and name == "broken":
            print(f"{name}: {'nothing' if not value else ''}")
            for line in value:
                print(f"    {line}")
        else:
            print(f"{name}: {value}")


if __name__ == "__main__":
    sys.exit(main())
