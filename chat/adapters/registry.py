"""The one function that gives the event log."""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

from django.conf import settings

from chat.adapters.memory_log import MemoryEventLog
from chat.ports import EventLog

# A Redis client belongs to the loop that made it; tests and management commands have others.
_logs: WeakKeyDictionary[asyncio.AbstractEventLoop, EventLog] = WeakKeyDictionary()


def get_event_log() -> EventLog:
    loop = asyncio.get_running_loop()
    if loop not in _logs:
        _logs[loop] = _create()
    return _logs[loop]


def _create() -> EventLog:
    if not settings.CHANNEL_REDIS:
        return MemoryEventLog()
    from chat.adapters.redis_log import (  # noqa: PLC0415 (only where it is used)
        RedisEventLog,
        connect,
    )

    return RedisEventLog(connect(settings.CHANNEL_REDIS))
