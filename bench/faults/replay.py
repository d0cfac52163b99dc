"""One fault, with people at work before, during and after it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.faults.accounting import lost
from bench.faults.catalogue import Fault
from bench.faults.diary import Diary, Felt, felt
from bench.faults.people import KINDS, living
from bench.faults.reading_back import kept, not_gone_on_with, online_after, settle
from bench.faults.screens import Screens
from bench.stack import Stack

BEFORE_S = 3.0
AT_LEAST_S = 5.0
AT_MOST_S = 75.0
CONTINUED = 3
SHOWN = 10


@dataclass(slots=True)
class Result:
    name: str
    what: str
    seconds: float  # as it was in the end
    felt: dict[str, Felt]
    frames: dict[str, int]
    statuses: dict[str, int]  # of the accepted answers
    restarts: list[str]
    acknowledged: dict[str, int]
    online_s: float | None  # after the fault: all that had been received by then was online
    lost: list[str]
    screens: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


async def replay(stack: Stack, fault: Fault, *, whole: str, out: Path | None) -> Result:
    diary, restarts = Diary(), len(stack.restarts)
    async with Screens(stack, fault.name, out) as screens:
        async with living(stack, diary):
            await asyncio.sleep(BEFORE_S)
            began = time.monotonic()
            await asyncio.to_thread(fault.begin, stack)
            photographed = asyncio.create_task(screens.take())
            await asyncio.sleep(fault.seconds)
            await asyncio.to_thread(fault.end, stack)
            over = time.monotonic() if fault.seconds else began
            await _recovered(diary, began, over)
        await photographed
    await settle(stack, diary)
    held = await kept(stack, diary)
    missing = lost(
        diary.answers,
        diary.documents,
        diary.edits,
        held,
        model=stack.environment["OPENAI_MODEL"],
        whole=whole,
    )
    missing += await not_gone_on_with(stack, diary, held, at_most=CONTINUED)
    return Result(
        name=fault.name,
        what=fault.what,
        seconds=round(over - began, 1),
        felt={kind: felt(diary.attempts, kind, began=began, over=over) for kind in KINDS},
        frames=dict(diary.frames.most_common()),
        statuses=dict(Counter(row.status for row in held.answers.values()).most_common()),
        restarts=[name for _at, name in stack.restarts[restarts:]],
        acknowledged={
            "answers": len(diary.answers),
            "documents": len(diary.documents),
            "edits": len(diary.edits),
        },
        online_s=await online_after(stack, diary, time.time() - (time.monotonic() - over)),
        lost=missing,
        screens=screens.names,
    )


async def _recovered(diary: Diary, began: float, over: float) -> None:
    """Until each kind of attempt has succeeded again, and for AT_LEAST_S."""
    await asyncio.sleep(AT_LEAST_S)
    while time.monotonic() < over + AT_MOST_S:
        found = [felt(diary.attempts, kind, began=began, over=over) for kind in KINDS]
        if all(each.recovered_s is not None for each in found):
            return
        await asyncio.sleep(0.2)
