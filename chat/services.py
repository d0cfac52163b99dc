"""Asking, stopping and reading answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.models import User
from accounts.selectors import active_user, user_of_session
from ai.services import get_chat_model
from chat import frames
from chat.adapters.registry import get_event_log
from chat.answering import AnswerRun, Assignment
from chat.approved import approved_view
from chat.errors import SessionEnded, ShuttingDown
from chat.filters import Filters
from chat.limits import Limits
from chat.live import tell_tabs
from chat.models import Conversation, Message
from chat.neighbours import STOP, tell_neighbours
from chat.passages import citation_view
from chat.records import AskedQuestion, history_of, record_question, request_stop
from chat.runs import PROCESS_ID, runs
from chat.selectors import get_answer_for, get_conversation_for, passages_for
from chat.turnlog import turn_policy
from chat.versions import record_version, step_to
from common import maintenance
from common.errors import NotFound, sentence_for
from common.maintenance import ClosedForMaintenance
from common.metrics import QUESTIONS
from common.threads import in_thread, in_writer
from documents.index_selectors import may_manage_index
from documents.retrieval import SearchScope

logger = logging.getLogger(__name__)

# Between two looks at the row of an answer whose log says nothing.
LOOK_AGAIN_S = 0.3


async def ask(
    user_id: UUID, asking: frames.Asking, *, language: str, origin: str = ""
) -> frames.Accepted:
    """Record a question, or another version, and start its answer; the same `id` again changes
    nothing. `origin`: the name of the tab, which need not be told what it has asked.

    Raises NotFound, NotAllowed, AnswerUnderWay, AnswerComplete, ShuttingDown, InMaintenance,
    TooManyQuestions, TooManyAnswers.
    """
    if runs.closing:
        raise ShuttingDown
    model = get_chat_model()
    record = partial(_record, goes_on=model.is_language_model, origin=origin)
    asked, assignment = await in_writer(record, user_id, asking, language)
    if asked.is_new:
        run = AnswerRun(
            assignment,
            model=model,
            log=get_event_log(),
            max_tokens=settings.MODEL_MAX_TOKENS,
            policy=turn_policy(),
        )
        runs.start(asked.answer.pk, run)
        QUESTIONS.inc(kind=type(asking).__name__.lower())
    return frames.Accepted(
        id=asking.id,
        conversation=asked.conversation.pk,
        question=asked.question.pk,
        answer=asked.answer.pk,
        title=asked.conversation.title,
        as_of=Filters.from_json(asked.question.filters).as_of,
    )


def _record(
    user_id: UUID, asking: frames.Asking, language: str, *, goes_on: bool, origin: str
) -> tuple[AskedQuestion, Assignment]:
    # An answer is rows: in a copy that is being made of them it would be lost.
    maintenance.require_open_to_changes()
    user = active_user(user_id)
    limits = Limits(
        questions_per_minute=settings.QUESTIONS_PER_MINUTE,
        concurrent_answers=settings.CONCURRENT_ANSWERS,
    )
    if isinstance(asking, frames.Ask):
        asked = record_question(user, asking, owner=PROCESS_ID, language=language, limits=limits)
    else:
        asked = record_version(user, asking, owner=PROCESS_ID, limits=limits, goes_on=goes_on)
    if asked.is_new and asked.conversation.kind == Conversation.Kind.CHAT:
        tell_tabs(asked.conversation, "asked", leaf=asked.answer.pk, origin=origin)
    assignment = Assignment(
        answer=asked.answer.pk,
        user=user.pk,
        question=asked.question.text,
        scope=_scope(asked, asking),
        history=history_of(asked.question),
        interface_language=language,
        begun=asked.begun,
        # Who asks for another version of an answer asks the documents.
        serves_approved=isinstance(asking, frames.Ask | frames.Edit),
    )
    return asked, assignment


def _scope(asked: AskedQuestion, asking: frames.Asking) -> SearchScope:
    limited = True
    if isinstance(asking, frames.Ask):
        # A new conversation has those of its first question: none to look up where none came.
        limited = bool(asking.corpora or asking.conversation or not asked.is_new)
    corpora = asked.conversation.corpora.values_list("pk", flat=True) if limited else ()
    return Filters.from_json(asked.question.filters).scope(corpora)


async def stop(user_id: UUID, answer_id: UUID) -> None:
    """Stop an answer of the user's, whichever process writes it. Raises NotFound."""
    await check_answer(user_id, answer_id)
    if runs.stop(answer_id):
        return
    if await in_writer(request_stop, answer_id):
        try:
            await tell_neighbours(STOP, answer=str(answer_id))
        except (OSError, RedisError) as error:
            # Its process sees the row at its next checkpoint.
            logger.warning("the neighbours could not be told to stop: %s", error)


async def check_answer(user_id: UUID, answer_id: UUID) -> None:
    """Raises NotFound where the answer is not the user's."""
    await in_thread(_own_answer, user_id, answer_id)


def _own_answer(user_id: UUID, answer_id: UUID) -> Message:
    return get_answer_for(active_user(user_id), answer_id)


async def read_answer(user_id: UUID, answer_id: UUID, after: int) -> AsyncGenerator[str, None]:
    """Encoded frames of an answer from event `after` on: the tail where the log still has it,
    else a snapshot of the row and then the tail.

    For an answer that `ask` has just made or `check_answer` let pass. Raises NotFound where the
    right to it goes away before a snapshot.
    """
    log = get_event_log()
    held = is_current = await log.holds(answer_id, after)
    while True:
        if held:
            async with aclosing(log.read(answer_id, after)) as batches:
                async for batch in batches:
                    for event in batch:
                        after = event.n
                        yield event.frame
                        if event.last:
                            return
        snapshot = await in_thread(_snapshot, user_id, answer_id)
        ended = snapshot.status != Message.Status.STREAMING
        if ended or not is_current or snapshot.n > after:
            yield frames.encode(snapshot)
            after, is_current = snapshot.n, True
        if ended:
            return
        # Its process is only thinking, or it died and the sweeper will say so, or events were lost
        # on their way here and the next checkpoint has them.
        await asyncio.sleep(LOOK_AGAIN_S)
        held = await log.holds(answer_id, after)


async def check_session(user_id: UUID, session_key: str) -> None:
    """Raises SessionEnded where the session was ended, has expired, or its account is closed, and
    ClosedForMaintenance."""
    await in_thread(_check_session, user_id, session_key)


def _check_session(user_id: UUID, session_key: str) -> None:
    user = user_of_session(session_key)
    if user is None or user.pk != user_id:
        raise SessionEnded
    state = maintenance.current()
    if state is not None and state.is_closed and not may_manage_index(user):
        raise ClosedForMaintenance(retry_after=state.retry_after)


async def has_lost_passages(user_id: UUID, answer_id: UUID) -> bool:
    """Whether an answer rests on passages which its reader may no longer read."""
    return await in_thread(_has_lost_passages, user_id, answer_id)


def _has_lost_passages(user_id: UUID, answer_id: UUID) -> bool:
    answer = _own_answer(user_id, answer_id)
    readable = passages_for(active_user(user_id), [answer])[answer.pk]
    places = sum(1 + len(view.also_in) for view in readable)
    return places < sum(1 + len(passage.get("also_in", ())) for passage in answer.passages)


async def snapshot(user_id: UUID, answer_id: UUID) -> str:
    """The encoded state of an answer, as far as its reader may read it now."""
    return frames.encode(await in_thread(_snapshot, user_id, answer_id))


def _snapshot(user_id: UUID, answer_id: UUID) -> frames.Snapshot:
    user = active_user(user_id)
    answer = get_answer_for(user, answer_id)
    passages = passages_for(user, [answer])[answer.pk]
    cited = set(answer.citations.values_list("number", flat=True))
    return frames.Snapshot(
        answer=answer.pk,
        n=answer.last_event,
        status=answer.status,
        text=answer.text,
        passages=passages,
        citations=tuple(citation_view(p) for p in passages if p.number in cited),
        code=answer.error_code,
        sentence=sentence_for(answer.error_code, answer.error_params) if answer.error_code else "",
        approved=approved_view(answer),
        as_of=Filters.from_json(answer.parent.filters).as_of if answer.parent else None,
    )


def continue_in_chat(user: User, conversation_id: UUID | str) -> Conversation:
    """Turn a search's answer into a conversation that can go on."""
    conversation = get_conversation_for(user, conversation_id)
    conversation.kind = Conversation.Kind.CHAT
    conversation.save(update_fields=["kind", "updated_at"])
    tell_tabs(conversation, "added")
    return conversation


def show_version(user: User, conversation_id: UUID | str, message: UUID) -> UUID:
    """Show the branch through a message of the conversation; returns the answer at its end."""
    conversation, end = step_to(user, conversation_id, message)
    tell_tabs(conversation, "shown", leaf=end)
    return end


def rename_conversation(user: User, conversation_id: UUID | str, title: str) -> Conversation:
    conversation = get_conversation_for(user, conversation_id)
    conversation.title = title.strip()[:200] or conversation.title
    conversation.save(update_fields=["title"])
    tell_tabs(conversation, "renamed")
    return conversation


def pin_conversation(user: User, conversation_id: UUID | str, *, pinned: bool) -> None:
    conversation = get_conversation_for(user, conversation_id)
    conversation.pinned = pinned
    Conversation.objects.filter(pk=conversation.pk).update(pinned=pinned)
    tell_tabs(conversation, "pinned" if pinned else "unpinned")


def delete_conversation(user: User, conversation_id: UUID | str) -> None:
    """Hide a conversation; it can be restored."""
    conversation = get_conversation_for(user, conversation_id)
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=timezone.now())
    tell_tabs(conversation, "deleted")


def restore_conversation(user: User, conversation_id: UUID | str) -> None:
    """Take a deletion back. Raises NotFound for somebody else's."""
    if not Conversation.objects.filter(pk=conversation_id, user=user).update(deleted_at=None):
        raise NotFound(cause=f"conversation {conversation_id}")
    tell_tabs(get_conversation_for(user, conversation_id), "restored")
