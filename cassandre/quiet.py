"""Whether anything is still being written, once maintenance has begun."""

from __future__ import annotations

import time
from collections.abc import Callable

from chat.models import Message
from documents.models import DocumentVersion, IndexGeneration, Source

LOOK_S = 0.5


def under_way() -> list[str]:
    """What is being worked on, each with its number: `answers: 2`; empty where nothing is."""
    counts = {
        "answers": Message.objects.filter(status=Message.Status.STREAMING).count(),
        "files": DocumentVersion.objects.filter(state=DocumentVersion.State.RUNNING).count(),
        "sources": Source.objects.filter(state=Source.State.RUNNING).count(),
        "index builds": IndexGeneration.objects.exclude(lease_owner="").count(),
    }
    return [f"{name}: {count}" for name, count in counts.items() if count]


def wait_until_quiet(
    timeout_s: float, *, sleep: Callable[[float], object] = time.sleep
) -> list[str]:
    """What is still under way after so long; empty as soon as nothing is."""
    deadline = time.monotonic() + timeout_s
    while (left := under_way()) and time.monotonic() < deadline:
        sleep(LOOK_S)
    return left
