"""Answers whose process died: marked as interrupted, and logged with what is known of them."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from django.db import transaction
from django.utils import timezone

from ai.ports import Usage
from chat.citations import MarkerResolver
from chat.filters import Filters
from chat.frames import PassageView
from chat.models import Message
from chat.records import FinishedAnswer
from chat.turnlog import TurnPolicy, TurnTrace, save_turn, turn_policy
from chat.writing import Checkpoint

Status = Message.Status
# Six missed heartbeats of CHECKPOINT_INTERVAL_S: its process is dead. With the sweeper's interval
# and its queue, the answer is marked within 15 s.
DEAD_AFTER = timedelta(seconds=10)


def interrupt_dead_answers(*, all_of_them: bool = False) -> int:
    """Mark answers whose process is dead as interrupted, with what was checkpointed; returns how
    many.

    `all_of_them`: at the start of the only process, every answer under way has lost its own.
    """
    streaming = Message.objects.filter(status=Status.STREAMING)
    if not all_of_them:
        streaming = streaming.filter(heartbeat__lt=timezone.now() - DEAD_AFTER)
    if not streaming.exists():  # nearly always, and it takes no lock
        return 0
    with transaction.atomic():
        # What somebody else is writing or sweeping just now is not dead, or marked.
        locked = streaming.select_for_update(of=("self",), skip_locked=True)
        dead = list(locked.select_related("parent"))
        Message.objects.filter(pk__in=[answer.pk for answer in dead]).update(
            status=Status.INTERRUPTED
        )
        policy = turn_policy()
        if policy.kept:
            for answer in dead:
                _log(answer, policy)
    return len(dead)


def _log(answer: Message, policy: TurnPolicy) -> None:
    """Prompt, scores, times and tokens went with the process."""
    question = answer.parent
    if question is None:
        return
    passages = msgspec.convert(answer.passages, tuple[PassageView, ...])
    markers = MarkerResolver(known={passage.number for passage in passages})
    markers.feed(answer.text)
    trace = TurnTrace(
        policy=policy,
        question=question.text,
        scope=Filters.from_json(question.filters).scope(()),
        model_asked="",
        has_history=question.parent_id is not None,
        is_language_model=False,
    )
    finished = FinishedAnswer(
        checkpoint=Checkpoint(answer.pk, answer.last_event, answer.text, passages),
        status=Status.INTERRUPTED,
        cited=markers.cited,
        model="",
        usage=Usage(prompt_tokens=0, completion_tokens=0),
        timings={},
    )
    save_turn(finished, trace)
