"""Periodic work: one table, used by beat and by the embedded timers."""

from __future__ import annotations

from datetime import timedelta

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
    "purge-turn-log": {"task": "chat.purge_turn_log", "schedule": timedelta(days=1)},
    "purge-deleted-documents": {
        "task": "documents.purge_deleted_documents",
        "schedule": timedelta(days=1),
    },
}

# Answers live in the process that makes them; with embedded parts no other sees their log.
_OF_ANSWERS = frozenset({"sweep-answers"})
OF_THE_WEB = {name: entry for name, entry in SCHEDULE.items() if name in _OF_ANSWERS}
OF_THE_WORKER = {name: entry for name, entry in SCHEDULE.items() if name not in _OF_ANSWERS}
