"""A logged question asked again with one thing changed, by the same run as any answer.

It searches with the rights of whoever asks for it, writes into its own row instead of into a
conversation, and nobody streams it: the page asks for the row.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from ai.services import chat_model_names, get_chat_model
from chat.adapters.memory_log import MemoryEventLog
from chat.answering import AnswerRun, Assignment
from chat.errors import ShuttingDown, TooManyAnswers, TooManyQuestions
from chat.filters import Filters
from chat.limits import MINUTE, RETRY_ANSWERS_S
from chat.models import Message, TurnLog
from chat.neighbours import STOP, tell_neighbours
from chat.records import FinishedAnswer, history_of
from chat.runs import runs
from chat.sweeping import DEAD_AFTER
from chat.turnlog import Changes, fields_of, link_corpora, resting_on, turn_policy
from chat.turns import get_replay_for, get_turn_for
from chat.writing import Checkpoint
from common.errors import InvalidInput, NotFound
from common.threads import in_writer

logger = logging.getLogger(__name__)

Change = TurnLog.Change
Status = Message.Status
# How often the row follows the text: the page asks once a second.
PROGRESS_S = 0.8


@dataclass(frozen=True, slots=True)
class ReplayAsked:
    id: UUID  # made with the form, so that one that is sent twice is run once
    change: str
    model: str = ""
    instructions: str = ""
    passages: int = 0


def begin_replay(user: User, answer: UUID, asked: ReplayAsked) -> TurnLog:
    """Record a replay and start it, or find the one that this very form has started.

    Called from a view. Raises NotFound, InvalidInput, ShuttingDown, TooManyQuestions and
    TooManyAnswers.
    """
    turn = get_turn_for(user, answer)
    known = TurnLog.objects.filter(pk=asked.id).first()
    if known is not None:
        if known.replay_of_id != turn.pk or known.by_id != user.pk:
            raise NotFound(cause=f"replay {asked.id} is of another turn or of somebody else")
        return known
    if runs.closing:
        raise ShuttingDown
    if not turn.searched:
        raise InvalidInput(field=_("Question"), reason=_("No corpus was searched for it."))
    _check_limits(user)
    replay, assignment = _record(user, turn, asked)
    # In the server's loop, which a view's thread reaches through its own.
    start = partial(async_to_sync(_start), assignment, replay.model_asked)
    transaction.on_commit(start)
    return replay


def _record(user: User, turn: TurnLog, asked: ReplayAsked) -> tuple[TurnLog, Assignment]:
    wanted = asked.model if asked.change == Change.MODEL else turn.model_asked
    names = chat_model_names()
    replay = TurnLog.objects.create(
        pk=asked.id,
        replay_of=turn,
        by=user,
        change=asked.change,
        heartbeat=timezone.now(),
        question=turn.question,
        model_asked=wanted if wanted in names else names[0],
        instructions=asked.instructions if asked.change == Change.INSTRUCTIONS else "",
        passages_read=asked.passages if asked.change == Change.PASSAGES else 0,
        status=Status.STREAMING,
    )
    question = turn.answer.parent if turn.answer else None
    assignment = Assignment(
        answer=replay.pk,
        user=user.pk,
        question=turn.question,
        scope=Filters.from_json(turn.filters).scope(UUID(pk) for pk in turn.searched),
        history=history_of(question) if question else (),
        interface_language=get_language() or "en",
        changes=_changes(turn, asked),
    )
    return replay, assignment


def _changes(turn: TurnLog, asked: ReplayAsked) -> Changes:
    """The one thing that changes, and all others as they were."""
    if asked.change == Change.INSTRUCTIONS:
        instructions: str | None = asked.instructions
    else:
        instructions = turn.instructions if has_request(turn) else None
    passages = asked.passages if asked.change == Change.PASSAGES else turn.passages_read
    return Changes(
        searched_for=turn.searched_for or turn.question,
        instructions=instructions,
        passages_read=passages or None,
    )


def has_request(turn: TurnLog) -> bool:
    """Whether a model was asked: then it is known with which instructions."""
    return turn.evidence is not None and turn.status != Status.NOT_FOUND


def _check_limits(user: User) -> None:
    """A replay costs what a question costs, and is bounded like one."""
    mine = TurnLog.objects.filter(by=user)
    now = timezone.now()
    if mine.filter(created_at__gt=now - MINUTE).count() >= settings.QUESTIONS_PER_MINUTE:
        raise TooManyQuestions(retry_after=int(MINUTE.total_seconds()))
    under_way = mine.filter(status=Status.STREAMING, heartbeat__gt=now - DEAD_AFTER)
    if under_way.count() >= settings.CONCURRENT_ANSWERS:
        raise TooManyAnswers(retry_after=RETRY_ANSWERS_S)


def stop_replay(user: User, answer: UUID, replay: UUID) -> TurnLog:
    """Stop a replay, whichever process runs it; what came is kept. Called from a view.

    Raises NotFound where the user may not see it.
    """
    found = get_replay_for(user, get_turn_for(user, answer), replay)
    if found.status == Status.STREAMING:
        async_to_sync(_stop)(found.pk)
    if found.status != shown_status(found):  # its process has died, and nobody hears
        TurnLog.objects.filter(pk=found.pk, status=Status.STREAMING).update(
            status=Status.INTERRUPTED
        )
    return found


async def _stop(replay: UUID) -> None:
    if not runs.stop(replay):
        await tell_neighbours(STOP, answer=str(replay))


async def _start(assignment: Assignment, model: str) -> None:
    run = ReplayRun(
        assignment,
        model=get_chat_model(model),
        log=MemoryEventLog(),  # its own, and gone with it
        max_tokens=settings.MODEL_MAX_TOKENS,
        policy=turn_policy(),
    )
    runs.start(assignment.answer, run)


class ReplayRun(AnswerRun):
    async def write(self) -> None:
        keeper = asyncio.create_task(self._keep())
        try:
            await super().write()
        finally:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper

    def checkpoint(self) -> Checkpoint | None:
        """It has no message to write to."""
        return None

    def _save(self, finished: FinishedAnswer) -> None:
        save_replay(finished)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(PROGRESS_S)
            try:
                await in_writer(_save_progress, self._writer.checkpoint())
            except DatabaseError:
                logger.exception("progress of replay %s was not saved", self.assignment.answer)


def _save_progress(checkpoint: Checkpoint) -> None:
    writing = TurnLog.objects.filter(pk=checkpoint.answer, status=Status.STREAMING)
    writing.update(text=checkpoint.text, heartbeat=timezone.now())


def save_replay(finished: FinishedAnswer) -> None:
    """The final state of a replay, in one transaction."""
    trace = finished.turn
    replay = (
        TurnLog.objects.filter(pk=finished.checkpoint.answer, status=Status.STREAMING)
        .select_related("replay_of")
        .first()
    )
    if trace is None or replay is None or replay.replay_of is None:  # purged meanwhile
        return
    corpora, known = resting_on(trace, finished.checkpoint.passages)
    if trace.has_history:
        corpora |= set(replay.replay_of.corpora.values_list("pk", flat=True))
        known = known and replay.replay_of.corpora_count is not None
    with transaction.atomic():
        TurnLog.objects.filter(pk=replay.pk).update(
            corpora_count=len(corpora) if known else None,
            heartbeat=None,
            **fields_of(finished, trace),
        )
        link_corpora(replay.pk, corpora)


def shown_status(turn: TurnLog) -> Message.Status:
    """A replay whose process has died is interrupted, whatever its row says."""
    status = Status(turn.status)
    if status != Status.STREAMING:
        return status
    alive = turn.heartbeat is not None and turn.heartbeat > timezone.now() - DEAD_AFTER
    return status if alive else Status.INTERRUPTED
