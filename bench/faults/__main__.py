"""The stack as operators break it: python -m bench.faults [--only NAME ...] [--out DIR]

    python -m bench.faults                        all, about a quarter of an hour
    python -m bench.faults --list                 their names
    python -m bench.faults --only stop-redis      one; more names may follow
    python -m bench.faults --out DIR              also DIR/faults.json, DIR/faults.md, screenshots
    python -m bench.faults --table DIR/faults.json   writes the table into docs/operations.md

Needs postgresql, redis-server, swift, nginx and openssl; disks can only be filled as root. Exit
code 1 where something acknowledged was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path

from bench.faults.catalogue import Fault, faults
from bench.faults.replay import Result, replay
from bench.faults.report import row_of, table_of, write_into_docs
from bench.scratch import say
from bench.stack import Wanted, scratch_folder, stack
from bench.stack.__main__ import leave

TOKENS = 100
WHOLE = "".join(f"tok{number} " for number in range(TOKENS))
WANTED = Wanted(
    people=4,
    model=f"mock-{TOKENS}t-20ms",
    small_disks=True,
    more={
        "QUESTIONS_PER_MINUTE": "1000",
        # Shorter than the defaults, so that a silent model is given up within a replay.
        "MODEL_FIRST_TOKEN_TIMEOUT_S": "25",
        "MODEL_TOKEN_GAP_TIMEOUT_S": "10",
    },
)


def main() -> int:
    parser = argparse.ArgumentParser(description="what breaks, and what becomes of it")
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[])
    parser.add_argument("--out", type=Path, help="folder for the report and the screenshots")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--table", type=Path, metavar="FAULTS.JSON")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder and its logs")
    given = parser.parse_args()
    every = {fault.name: fault for fault in faults()}
    if given.list:
        print("\n".join(f"{name:20} {fault.what}" for name, fault in every.items()))
        return 0
    if given.table:
        write_into_docs(json.loads(given.table.read_text()))
        return 0
    unknown = set(given.only) - set(every)
    if unknown:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
    wanted = [fault for name, fault in every.items() if not given.only or name in given.only]
    results = _replayed(wanted, given.out, keep=given.keep)
    found = [result.as_dict() for result in results]
    if given.out:
        (given.out / "faults.json").write_text(json.dumps(found, indent=2))
        (given.out / "faults.md").write_text(table_of(found))
    print(table_of(found))
    return 1 if any(result.lost for result in results) else 0


def _replayed(wanted: list[Fault], out: Path | None, *, keep: bool) -> list[Result]:
    results = []
    for files in dict.fromkeys(fault.files for fault in wanted):
        with (
            scratch_folder(keep=keep) as folder,
            stack(folder, replace(WANTED, files=files)) as running,
        ):
            for fault in (each for each in wanted if each.files == files):
                say(f"{fault.name}: {fault.what}")
                results.append(asyncio.run(replay(running, fault, whole=WHOLE, out=out)))
                say(f"    {row_of(results[-1].as_dict())}")
                for sentence in results[-1].lost:
                    say(f"    LOST {sentence}")
    return results


if __name__ == "__main__":
    sys.exit(main())
