"""python -m bench.stack [--people N] [--passages N] [--files s3|folder] [--keep]"""

from __future__ import annotations

import argparse
import signal
from contextlib import suppress
from types import FrameType

from bench.stack import Wanted, scratch_folder, stack


def leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> None:
    parser = argparse.ArgumentParser(description="the production stack on this machine")
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--passages", type=int, default=50)
    parser.add_argument("--files", choices=("s3", "folder"), default="s3")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder and its logs")
    given = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    wanted = Wanted(people=given.people, passages=given.passages, files=given.files)
    with scratch_folder(keep=given.keep) as folder, stack(folder, wanted) as running:
        print(f"{running.url}   logs: {running.folder}", flush=True)
        print(f"administrator: {running.seeded.admin}", flush=True)
        print(f"readers: {' '.join(running.seeded.readers)}", flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
