"""Periodic work: one table, used by beat and by the embedded timers."""

from __future__ import annotations

from datetime import time, timedelta

SCHEDULE = {
    "sweep-ingestion": {
        "task": "documents.sweep_ingestion",
        "schedule": timedelta(seconds=10),
    },
    "sweep-sources": {
        "task": "documents.sweep_sources",
        "schedule": timedelta(seconds=10),
    },
    "sweep-index": {"task": "documents.sweep_index", "schedule": timedelta(seconds=5)},
    "sweep-answers": {"task": "chat.sweep_answers", "schedule": timedelta(seconds=3)},
    "send-unsent": {"task": "cassandre.send_unsent", "schedule": timedelta(seconds=10)},
    "start-nightly": {"task": "cassandre.start_nightly", "schedule": timedelta(minutes=1)},
}

# Once a night each, one after another in this order (cassandre/nightly.py). Not entries of the
# table above: beat forgets what it has done with its file, and does not do what it slept through.
NIGHT = time(3, 15)  # in TIME_ZONE; between two and three there are hours twice or not at all
NIGHTLY = (
    "chat.purge_turn_log",
    "chat.purge_conversations",
    "documents.purge_deleted_documents",
    "cassandre.clear_sessions",
    "cassandre.leak_check",
    "cassandre.remind_of_backup",
)

# Answers live in the process that makes them; with embedded parts no other sees their log.
_OF_ANSWERS = frozenset({"sweep-answers"})
OF_THE_WEB = {name: entry for name, entry in SCHEDULE.items() if name in _OF_ANSWERS}
OF_THE_WORKER = {name: entry for name, entry in SCHEDULE.items() if name not in _OF_ANSWERS}
