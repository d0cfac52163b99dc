"""What so many people and pages need: `python -m bench.sizing [--users N]... [--write]`.

Computed from what one question, socket, page and passage were measured to cost (bench/costs.toml)
and from how people are taken to work (Habits). `--write` puts the tables into docs/sizing.md.
"""

from __future__ import annotations

import argparse
import math
import sys
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COSTS = Path(__file__).with_name("costs.toml")
PAGE = Path(__file__).parents[1] / "docs" / "sizing.md"
BEGIN, END = "<!-- python -m bench.sizing --write -->", "<!-- end -->"
USERS = (100, 1_000, 10_000, 100_000)
PAGES = (1_000, 10_000, 100_000, 1_000_000)

Costs = dict[str, dict[str, Any]]
Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Habits:
    """How people work. All of these are taken, none is measured: change them to yours."""

    questions_a_day: float = 5.0  # of each person who has an account
    busy_hour: float = 0.2  # share of the day's questions in its busiest hour
    burst: float = 2.0  # the busiest minute of that hour over its mean
    pages_open: float = 0.3  # share of people with a page open then
    full: float = 0.6  # of a core, at which a process is not asked for more
    night_hours: float = 8.0  # in which all pages could be read anew


@dataclass(frozen=True, slots=True)
class Need:
    users: int
    sockets: int
    questions_per_s: float
    answers_at_once: float
    web_cores: float
    web_processes: int
    web_mib: float
    database_cores: float
    redis_cores: float
    model_tokens_per_s: float


def need(users: int, costs: Costs, habits: Habits) -> Need:
    """
    questions/s = users · questions a day · busy hour / 3600 · burst
    sockets     = users · pages open
    web cores   = questions/s · CPU of a question + sockets · CPU of a socket
    processes   = web cores / full, rounded up, and one more that may be missing
    web memory  = processes · an empty process + sockets · memory of a socket
    """
    question, socket, process = costs["question"], costs["socket"], costs["process"]
    asked = users * habits.questions_a_day * habits.busy_hour / 3600 * habits.burst
    sockets = round(users * habits.pages_open)
    cores = asked * question["web_cpu_s"] + sockets * socket["web_cpu_s_per_minute"] / 60
    processes = math.ceil(cores / habits.full) + 1
    return Need(
        users=users,
        sockets=sockets,
        questions_per_s=asked,
        answers_at_once=asked * question["answer_s"],
        web_cores=cores,
        web_processes=processes,
        web_mib=processes * process["web_mib"] + sockets * socket["web_kib"] / 1024,
        database_cores=asked * question["database_cpu_s"],
        redis_cores=asked * question["redis_cpu_s"],
        model_tokens_per_s=asked * question["answer_tokens"],
    )


def people_table(costs: Costs, habits: Habits, users: Iterable[int]) -> list[Row]:
    heads = (
        "people",
        "open pages",
        "questions/s",
        "answers at once",
        "web cores",
        "web processes",
        "web memory, MiB",
        "PostgreSQL cores",
        "Redis cores",
        "tokens/s of the model",
    )
    rows: list[Row] = [heads]
    for one in (need(number, costs, habits) for number in users):
        figures = (
            one.users,
            one.sockets,
            one.questions_per_s,
            one.answers_at_once,
            one.web_cores,
            one.web_processes,
            one.web_mib,
            one.database_cores,
            one.redis_cores,
            one.model_tokens_per_s,
        )
        rows.append([_figure(value) for value in figures])
    return rows


def pages_table(costs: Costs, habits: Habits, pages: Iterable[int]) -> list[Row]:
    """
    index, database = pages · passages a page · bytes of a passage
    worker cores    = pages · CPU of a page / the hours in which all are read
    """
    passage = costs["passage"]
    rows: list[Row] = [
        (
            "pages",
            "passages",
            "index on disk, GiB",
            "index in memory, GiB",
            "database, GiB",
            "worker cores to read all in a night",
        )
    ]
    for number in pages:
        passages = number * passage["per_page"]
        sizes = (
            passages * passage[name] / 2**20
            for name in ("index_disk_kib", "index_memory_kib", "database_disk_kib")
        )
        cores = number * costs["page"]["cpu_s"] / (habits.night_hours * 3600)
        rows.append([_figure(value) for value in (number, passages, *sizes, cores)])
    return rows


def _figure(value: float) -> str:
    """Two digits that count, and none behind the point of what is large."""
    if value >= 10 or value == int(value):
        return f"{round(value):,}"
    return f"{value:.2g}" if value >= 0.01 else "< 0.01"


def markdown(rows: Sequence[Row]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + "---:|" * len(rows[0]))
    return "\n".join(lines)


def tables(users: Iterable[int] = USERS, pages: Iterable[int] = PAGES) -> str:
    costs, habits = tomllib.loads(COSTS.read_text()), Habits()
    people = markdown(people_table(costs, habits, users))
    return f"{people}\n\n{markdown(pages_table(costs, habits, pages))}"


def written(text: str) -> str:
    """The page's text with the tables as they come out now."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{rest.split(END)[1]}"


def main() -> int:
    parser = argparse.ArgumentParser(description="what so many people and pages need")
    parser.add_argument("--users", type=int, nargs="*", default=USERS)
    parser.add_argument("--pages", type=int, nargs="*", default=PAGES)
    parser.add_argument("--write", action="store_true", help="into docs/sizing.md")
    arguments = parser.parse_args()
    if arguments.write:
        PAGE.write_text(written(PAGE.read_text()))
    else:
        print(tables(arguments.users, arguments.pages))
    return 0


if __name__ == "__main__":
    sys.exit(main())
