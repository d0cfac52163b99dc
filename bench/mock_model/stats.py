"""What the mock counted, and how late it was: the proof that it was not the bottleneck."""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from typing import Any


class Stats:
    def __init__(self) -> None:
        self.active = 0
        self.reset()

    def reset(self) -> None:
        self.since = time.monotonic()
        self.counts: Counter[str] = Counter()
        self.models: Counter[str] = Counter()
        self.active_max = self.active
        self.late: list[float] = []  # seconds behind the schedule, one in 16 tokens
        self.aborted_after: deque[int] = deque(maxlen=100)  # tokens sent to whoever went away
        self.requests: deque[dict[str, Any]] = deque(maxlen=100)

    def begin(self) -> None:
        self.active += 1
        self.active_max = max(self.active_max, self.active)

    def as_dict(self) -> dict[str, Any]:
        late = sorted(self.late) or [0.0]

        def quantile(share: float) -> float:
            return round(late[min(len(late) - 1, int(share * len(late)))] * 1000, 2)

        return {
            "seconds": round(time.monotonic() - self.since, 3),
            **self.counts,
            "active": self.active,
            "active_max": self.active_max,
            "aborted_after": list(self.aborted_after),
            "late_ms_p50": quantile(0.5),
            "late_ms_p99": quantile(0.99),
            "late_ms_max": quantile(1),
            "cpu_s": round(time.process_time(), 2),
            "pid": os.getpid(),
            "by_model": dict(self.models),
        }
