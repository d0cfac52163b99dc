"""CPU and memory of the parts of a stack, by process."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from bench.stack import Stack

SAMPLE_S = 10.0
CLIENT = "client"


@dataclass(slots=True)
class Usage:
    """Seconds of CPU at the beginning and the end; the largest proportional set size in MiB: what
    processes share counts once."""

    began: float = 0.0
    ended: float = 0.0
    cpu: dict[str, tuple[float, float]] = field(default_factory=dict)
    mib: dict[str, float] = field(default_factory=dict)

    def figures(self) -> Mapping[str, Mapping[str, float]]:
        """Share of a core and MiB by process, the busiest first."""
        seconds = max(self.ended - self.began, 0.001)
        cores = {name: (last - first) / seconds for name, (first, last) in self.cpu.items()}
        return {
            name: {"cores": round(share, 3), "mib": round(self.mib.get(name, 0.0))}
            for name, share in sorted(cores.items(), key=lambda each: -each[1])
        }


async def watch(stack: Stack, usage: Usage) -> None:
    """Until cancelled."""
    usage.began = usage.ended = time.monotonic()
    usage.cpu = {name: (now, now) for name, now in _cpu(stack).items()}
    while True:
        await asyncio.to_thread(_sample, stack, usage)
        await asyncio.sleep(SAMPLE_S)


def _sample(stack: Stack, usage: Usage) -> None:
    usage.ended = time.monotonic()
    for name, now in _cpu(stack).items():
        first, _last = usage.cpu.get(name, (now, now))
        usage.cpu[name] = (first, now)
    for name, processes in _processes(stack).items():
        size = 0
        for process in processes:
            with suppress(psutil.Error):
                size += process.memory_full_info().pss
        usage.mib[name] = max(usage.mib.get(name, 0.0), size / 2**20)


def _cpu(stack: Stack) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, processes in _processes(stack).items():
        found[name] = 0.0
        for process in processes:
            with suppress(psutil.Error):
                found[name] += sum(process.cpu_times()[:4])  # with children that have ended
    return found


def _processes(stack: Stack) -> dict[str, list[psutil.Process]]:
    found = {name: part.tree() for name, part in stack.parts.items()}
    return {**found, CLIENT: [psutil.Process(os.getpid())]}
