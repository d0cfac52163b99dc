from __future__ import annotations

from celery import shared_task
from django.conf import settings

from chat.retention import purge_deleted, purge_untouched
from chat.sweeping import interrupt_dead_answers
from chat.turnlog import purge_turns


@shared_task(name="chat.sweep_answers")  # type: ignore[untyped-decorator]
def sweep_answers() -> None:
    """Mark answers as interrupted whose process no longer says that it lives.

    Runs on the schedule. Idempotent: what is marked is no longer under way.
    """
    interrupt_dead_answers()


@shared_task(name="chat.purge_turn_log")  # type: ignore[untyped-decorator]
def purge_turn_log() -> int:
    """Remove turns that are older than TURN_LOG_DAYS, with their replays; returns how many rows.

    Runs nightly. Idempotent: one DELETE.
    """
    return purge_turns(settings.TURN_LOG_DAYS)


@shared_task(name="chat.purge_conversations")  # type: ignore[untyped-decorator]
def purge_conversations() -> int:
    """Remove conversations that were deleted longer ago than PURGE_AFTER_DAYS, and where
    CONVERSATION_DAYS is set, those that nobody has touched for so long; returns how many.

    Runs nightly. Idempotent; an interrupted one is finished by the next.
    """
    removed = purge_deleted(settings.PURGE_AFTER_DAYS)
    if settings.CONVERSATION_DAYS:
        removed += purge_untouched(settings.CONVERSATION_DAYS)
    return removed
