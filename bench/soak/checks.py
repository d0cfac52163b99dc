"""What must hold at the end of a soak, and what is told of it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import psycopg

from bench.client import Reading
from bench.metrics import percentile
from bench.soak.people import Seen
from bench.soak.stack import TOKENS

FINAL_WITHIN_S = 30.0
MARKED_WITHIN_S = 15.0
GROWTH_FROM_S = 300.0
GROWTH_SHARE = 0.05
GROWTH_WINDOW_S = 30.0
SHORTEST_FOR_GROWTH_S = 360.0
WHOLE_TEXT = "".join(f"tok{number} " for number in range(TOKENS))


@dataclass(frozen=True, slots=True)
class Row:
    status: str
    text: str
    code: str


@dataclass(slots=True)
class Memory:
    """Resident sizes in MiB over the seconds of the soak, by process."""

    samples: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    _started: float = field(default_factory=time.monotonic)

    def take(self, processes: dict[str, psutil.Process]) -> None:
        now = time.monotonic() - self._started
        for name, process in processes.items():
            try:
                size = process.memory_info().rss / 2**20
            except psutil.NoSuchProcess:
                continue
            self.samples.setdefault(name, []).append((now, size))

    def growth(self, name: str) -> tuple[float, float] | None:
        """Median size in the window after minute 5 and in the last one; None: too short a run."""
        samples = self.samples.get(name, [])
        if not samples or samples[-1][0] < SHORTEST_FOR_GROWTH_S:
            return None
        end = samples[-1][0] - GROWTH_WINDOW_S
        early = [s for at, s in samples if 0 <= at - GROWTH_FROM_S <= GROWTH_WINDOW_S]
        return median(early), median([size for at, size in samples if at >= end])


@dataclass(slots=True)
class Outcome:
    minutes: float
    users: int
    seen: Seen
    rows: dict[str, Row] = field(default_factory=dict)
    doubled: int = 0  # rows beyond the first of one client's id
    final_after_s: float | None = None  # None: not within FINAL_WITHIN_S
    marked_after_s: list[float] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)
    steady: tuple[str, ...] = ()  # the processes that were never killed
    logged_errors: Counter[str] = field(default_factory=Counter)


async def wait_until_final(database: str) -> float | None:
    """Seconds until no answer is under way; None where FINAL_WITHIN_S are not enough."""
    started = time.monotonic()
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        query = "select count(*) from chat_message where status = 'streaming'"
        while (waited := time.monotonic() - started) < FINAL_WITHIN_S:
            row = await (await connection.execute(query)).fetchone()
            if row is not None and not row[0]:
                return waited
            await asyncio.sleep(0.5)
    return None


async def read_rows(database: str, outcome: Outcome) -> None:
    async with await psycopg.AsyncConnection.connect(database) as connection:
        query = (
            "select id::text, status, text, error_code from chat_message where role = 'assistant'"
        )
        async for pk, *values in await connection.execute(query):
            outcome.rows[pk] = Row(*values)
        query = "select count(client_id) - count(distinct client_id) from chat_message"
        row = await (await connection.execute(query)).fetchone()
        outcome.doubled = int(row[0]) if row else 0


def broken_invariants(outcome: Outcome) -> list[str]:
    broken = [*_broken_numbers(outcome)]
    for reading in outcome.seen.readings:
        broken += _broken_reading(reading, outcome.rows.get(reading.answer))
    for pk, row in outcome.rows.items():
        broken += _broken_row(pk, row)
    for name in outcome.steady:
        sizes = outcome.memory.growth(name)
        if sizes is not None and sizes[1] > sizes[0] * (1 + GROWTH_SHARE):
            broken.append(f"{name} grew from {sizes[0]:.1f} to {sizes[1]:.1f} MiB")
    return broken


def _broken_numbers(outcome: Outcome) -> Iterable[str]:
    seen = outcome.seen
    if outcome.final_after_s is None:
        yield f"some answers were not in a final state after {FINAL_WITHIN_S:.0f} s"
    if seen.never_accepted:
        yield f"{seen.never_accepted} questions never accepted"
    accepted = seen.asked - seen.never_accepted - seen.refused.total()
    if not seen.never_accepted and accepted != len(outcome.rows):
        yield f"{accepted} questions accepted, {len(outcome.rows)} answers in the database"
    if outcome.doubled:
        yield f"{outcome.doubled} questions asked twice"
    late = [after for after in outcome.marked_after_s if after > MARKED_WITHIN_S]
    if late:
        yield f"a dead process's answers were marked only after {max(late):.1f} s"


def _broken_reading(reading: Reading, row: Row | None) -> Iterable[str]:
    name = f"answer {reading.answer}"
    for violation in reading.violations:
        yield f"{name}: {violation}"
    if row is None:
        yield f"{name}: no row"
        return
    if reading.text != row.text:
        yield f"{name} ({row.status}): {_difference(reading.text, row.text)}"
    if reading.status != row.status:
        yield f"{name}: its reader ended with {reading.status}, its row with {row.status}"


def _difference(read: str, kept: str) -> str:
    same = next((i for i, (a, b) in enumerate(zip(read, kept, strict=False)) if a != b), None)
    where = f", apart from character {same} on" if same is not None else ""
    return f"its reader holds {len(read)} characters, its row {len(kept)}{where}"


def _broken_row(pk: str, row: Row) -> Iterable[str]:
    """The database itself must hold what the model sent. An answer that goes on with another does
    so too: the mock model begins anew, and what it repeats is left out."""
    if row.status == "streaming":
        yield f"answer {pk}: still streaming"
    elif row.status == "done" and row.text != WHOLE_TEXT:
        yield f"answer {pk}: done, but {_difference(WHOLE_TEXT, row.text)}"
    elif row.status != "not_found" and not WHOLE_TEXT.startswith(row.text):
        yield f"answer {pk} ({row.status}): its row does not hold what the model sent"


def logged_errors(logs: Sequence[Path]) -> Counter[str]:
    """Lines of errors and the last lines of tracebacks, without what differs each time."""
    found: Counter[str] = Counter()
    for log in logs:
        in_traceback = False
        for line in log.read_text(errors="replace").splitlines():
            if line.startswith("Traceback "):
                in_traceback = True
            elif in_traceback and line and not line.startswith(" "):
                in_traceback = False
                found[f"{log.name.split('.')[0]}: {line[:160]}"] += 1
            elif " ERROR " in line or " CRITICAL " in line:
                found[f"{log.name.split('.')[0]}: {line.split(' ', 3)[-1][:160]}"] += 1
    return found


def figures(outcome: Outcome) -> dict[str, Any]:
    seen = outcome.seen
    by_answer = {reading.answer: reading for reading in seen.readings}
    # Of an answer that goes on, the mock model first repeats for seconds what there is already.
    fluent = [r for r in seen.readings if r.answer not in seen.going_on]
    waits = [wait for r in fluent if r.status != "interrupted" for wait in r.waits]
    orphaned = [wait for r in fluent if r.status == "interrupted" for wait in r.waits]
    statuses = Counter(row.status for row in outcome.rows.values())
    return {
        "minutes": outcome.minutes,
        "users": outcome.users,
        "asked": seen.asked,
        "answers_in_database": len(outcome.rows),
        "readings_compared": len(seen.readings),
        "answers_compared": len(by_answer),
        "statuses": dict(statuses.most_common()),
        "failed_by_code": dict(
            Counter(row.code for row in outcome.rows.values() if row.status == "failed")
        ),
        "refused_by_code": dict(seen.refused),
        "deeds": dict(seen.deeds.most_common()),
        "reconnects": seen.reconnects,
        "wait_after_reconnect_s_p99": round(percentile(waits, 0.99), 2),
        "wait_after_reconnect_s_longest": round(max(waits, default=0), 2),
        "wait_after_reconnect_s_longest_of_a_dead_process": round(max(orphaned, default=0), 2),
        "stop_s_p50": round(percentile(seen.stops_s, 0.5), 3),
        "stop_s_longest": round(max(seen.stops_s, default=0), 2),
        "kills": len(outcome.marked_after_s),
        "dead_answers_marked_after_s": [round(after, 1) for after in outcome.marked_after_s],
        "all_final_after_s": outcome.final_after_s and round(outcome.final_after_s, 1),
        "rss_mib": {name: _sizes(outcome, name) for name in sorted(outcome.memory.samples)},
        "logged_errors": dict(outcome.logged_errors.most_common(12)),
    }


def _sizes(outcome: Outcome, name: str) -> dict[str, float | str]:
    sizes = [size for _at, size in outcome.memory.samples[name]]
    shown: dict[str, float | str] = {"first": round(sizes[0], 1), "largest": round(max(sizes), 1)}
    growth = outcome.memory.growth(name) if name in outcome.steady else None
    if growth is None:
        return {**shown, "growth": "n/a"}
    early, late = growth
    share = f"{(late / early - 1) * 100:+.1f} %"
    return {**shown, "minute 5": round(early, 1), "end": round(late, 1), "growth": share}
