from __future__ import annotations

from celery import shared_task
from django.conf import settings

from chat.sweeping import interrupt_dead_answers
from chat.turnlog import purge_turns


@shared_task(name="chat.sweep_answers")  # type: ignore[untyped-decorator]
def sweep_answers() -> None:
    """Mark answers as interrupted whose process no longer says that it lives.

    Runs on the schedule. Idempotent: what is marked is no longer under way.
    """
    interrupt_dead_answers()


@shared_task(name="chat.purge_turn_log")  # type: ignore[untyped-decorator]
def purge_turn_log() -> None:
    """Remove turns that are older than TURN_LOG_DAYS, with their replays.

    Runs daily. Idempotent: one DELETE.
    """
    purge_turns(settings.TURN_LOG_DAYS)
