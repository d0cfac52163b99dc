"""The rows of a question and its answer. Blocking: called from a thread, or from a view."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction
from django.db.models import CharField, QuerySet, UUIDField
from django.utils import timezone

from accounts.models import User
from accounts.selectors import organisation_of
from ai.ports import Turn, Usage
from chat.branches import branches_of, shown_leaf
from chat.continuing import Begun
from chat.errors import AnswerUnderWay
from chat.filters import Filters
from chat.frames import Ask, PassageView
from chat.limits import Limits, check_limits
from chat.models import Citation, Conversation, Message, TurnLog
from chat.passages import cited_words
from chat.selectors import get_conversation_for
from chat.turnlog import TurnTrace, save_turn
from chat.writing import Checkpoint
from common.errors import NotFound
from common.prepared import Prepared
from common.prepared_writes import PreparedUpdate, insert
from documents.selectors import corpora_readable_by

Status = Message.Status
TITLE_CHARACTERS = 80
HISTORY_TURNS = 6
HISTORY_CHARACTERS = 2_000

_ASKED = Prepared(
    lambda user, client_id: Message.objects.filter(
        conversation__user=user, client_id=client_id
    ).select_related("conversation", "parent"),
    user=UUIDField(),
    client_id=CharField(),
)
_CHECKPOINT = PreparedUpdate(
    lambda pk, owner: Message.objects.filter(pk=pk, owner=owner, status=Status.STREAMING),
    ("text", "last_event", "passages"),
    pk=UUIDField(),
    owner=CharField(),
)
_FINISH = PreparedUpdate(
    lambda pk: Message.objects.filter(pk=pk, status=Status.STREAMING),
    (
        *("text", "last_event", "passages", "status", "model", "prompt_tokens"),
        *("completion_tokens", "timings", "error_code", "error_params"),
    ),
    pk=UUIDField(),
)


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    conversation: Conversation
    question: Message
    answer: Message
    is_new: bool  # False: this frame had been received before
    begun: Begun | None = None


def record_question(
    user: User, ask: Ask, *, owner: str, language: str, limits: Limits
) -> AskedQuestion:
    """Make the rows of a question and its answer, or find those of the same `ask`.

    Raises NotFound for a conversation that is not the user's, AnswerUnderWay where an answer of
    it is still being written, TooManyQuestions or TooManyAnswers beyond the limits.
    """
    create = partial(_create_rows, user, ask, owner=owner, language=language)
    return record_once(user, ask.id, limits, create)


def record_once(
    user: User, client_id: str, limits: Limits, create: Callable[[], AskedQuestion]
) -> AskedQuestion:
    """What `create` makes within the limits, or what was made for the same id before."""
    with transaction.atomic():
        _wait_for_other_questions_of(user)
        known = _find_asked(user, client_id)
        if known is not None:
            return known
        check_limits(user, limits)
        return create()


def _wait_for_other_questions_of(user: User) -> None:
    """One question of a person at a time over all processes, until the transaction ends: a
    browser that lost its socket sends the same `ask` again, through another process."""
    if connection.features.has_select_for_update:  # SQLite's transactions are one at a time
        User.objects.select_for_update().only("pk").get(pk=user.pk)


def _find_asked(user: User, client_id: str) -> AskedQuestion | None:
    row = _ASKED.first(user=user.pk, client_id=client_id)
    if row is None:
        return None
    question: Message | None = row.parent
    answer: Message | None = row
    if row.role == Message.Role.USER:
        # The first: later versions of its answer were asked for by themselves.
        question, answer = row, row.children.order_by("created_at").first()
    if question is None or answer is None:
        return None
    return AskedQuestion(row.conversation, question, answer, is_new=False)


def _create_rows(user: User, ask: Ask, *, owner: str, language: str) -> AskedQuestion:
    if ask.conversation is None:
        conversation, parent = _create_conversation(user, ask), None
    else:
        conversation = get_conversation_for(user, ask.conversation)
        parent = _parent(conversation, ask.parent)
        claim(conversation)
    question = Message(
        conversation=conversation,
        role=Message.Role.USER,
        parent_id=parent,
        text=ask.text.strip(),
        client_id=ask.id,
        language=language,
        filters=Filters.of_ask(ask).to_json(),
    )
    answer = new_answer(question, owner=owner)
    insert([question, answer])
    return AskedQuestion(conversation, question, answer, is_new=True)


def _parent(conversation: Conversation, wanted: UUID | None) -> UUID | None:
    if wanted is None:
        return shown_leaf(conversation, branches_of(conversation))
    answers = conversation.messages.filter(role=Message.Role.ASSISTANT)
    if not answers.filter(pk=wanted).exists():
        raise NotFound(cause=f"answer {wanted} of conversation {conversation.pk}")
    return wanted


def claim(conversation: Conversation) -> None:
    """Before a new message: what is shown goes on with it, and one answer is written at a time.

    The UPDATE comes first: it makes a second transaction wait, which then sees the first's rows.
    """
    conversation.leaf = None
    conversation.save(update_fields=["leaf", "updated_at"])
    if conversation.messages.filter(status=Status.STREAMING).exists():
        raise AnswerUnderWay


def new_answer(question: Message, *, owner: str, client_id: str | None = None) -> Message:
    return Message(
        conversation=question.conversation,
        role=Message.Role.ASSISTANT,
        parent=question,
        status=Status.STREAMING,
        client_id=client_id,
        owner=owner,
        heartbeat=timezone.now(),
    )


def _create_conversation(user: User, ask: Ask) -> Conversation:
    title = " ".join(ask.text.split())
    if len(title) > TITLE_CHARACTERS:
        title = title[:TITLE_CHARACTERS].rsplit(" ", 1)[0] + "…"
    conversation = Conversation(
        user=user, organisation=organisation_of(user), kind=ask.kind, title=title
    )
    insert([conversation])
    if ask.corpora:
        chosen = list(corpora_readable_by(user).filter(pk__in=ask.corpora))
        if len(chosen) < len(set(ask.corpora)):  # none chosen would mean all of them
            raise NotFound(cause="a corpus that the user may not read")
        conversation.corpora.set(chosen)
    return conversation


def history_of(question: Message) -> tuple[Turn, ...]:
    """The turns before a question, oldest first, cut to what a prompt can bear."""
    turns: list[Turn] = []
    message = question.parent
    while message is not None and len(turns) < HISTORY_TURNS:
        role = "user" if message.role == Message.Role.USER else "assistant"
        if message.text:
            turns.append(Turn(role=role, text=message.text[:HISTORY_CHARACTERS]))  # type: ignore[arg-type]
        message = message.parent
    return tuple(reversed(turns))


def save_checkpoints(
    owner: str, writing: Collection[UUID], checkpoints: Iterable[Checkpoint]
) -> list[UUID]:
    """Write what the runs of `owner` have so far and beat for `writing`, in one transaction.

    Returns the answers whose stop was requested through another process.
    """
    with transaction.atomic():
        own = Message.objects.filter(owner=owner, pk__in=writing)
        written = own.filter(status=Status.STREAMING)
        if written.update(heartbeat=timezone.now()) < len(writing):
            _take_back(own)
        _CHECKPOINT.many({"owner": owner, **_columns_of(checkpoint)} for checkpoint in checkpoints)
        return list(written.filter(stop_requested=True).values_list("pk", flat=True))


@dataclass(frozen=True, slots=True)
class FinishedAnswer:
    checkpoint: Checkpoint
    status: str
    cited: Sequence[int]
    model: str
    usage: Usage
    timings: dict[str, int]
    error_code: str = ""
    error_params: dict[str, str | int | float] | None = None
    turn: TurnTrace | None = None


def save_finished(finished: FinishedAnswer) -> None:
    """The final state of an answer, its passages, citations and log, in one transaction."""
    answer = finished.checkpoint.answer
    with transaction.atomic():
        if not _finish(finished):
            _take_back(Message.objects.filter(pk=answer))
            if not _finish(finished):  # deleted meanwhile
                return
        by_number = {passage.number: passage for passage in finished.checkpoint.passages}
        insert(_citation(answer, by_number[number]) for number in finished.cited)
        if finished.turn is not None and finished.turn.policy.kept:
            save_turn(finished, finished.turn)


def _finish(finished: FinishedAnswer) -> int:
    return _FINISH.one(
        **_columns_of(finished.checkpoint),
        status=finished.status,
        model=finished.model,
        prompt_tokens=finished.usage.prompt_tokens,
        completion_tokens=finished.usage.completion_tokens,
        timings=finished.timings,
        error_code=finished.error_code,
        error_params=finished.error_params or {},
    )


def _take_back(answers: QuerySet[Message]) -> None:
    """Of a process that was only slow, or on a laptop that slept: answers that were marked and
    logged as interrupted meanwhile are under way again."""
    swept = answers.filter(status=Status.INTERRUPTED).values_list("pk", flat=True)
    if taken := list(swept):
        TurnLog.objects.filter(answer__in=taken).delete()
        Message.objects.filter(pk__in=taken).update(
            status=Status.STREAMING, heartbeat=timezone.now()
        )


def _columns_of(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "pk": checkpoint.answer,
        "text": checkpoint.text,
        "last_event": checkpoint.n,
        "passages": msgspec.to_builtins(checkpoint.passages),
    }


def _citation(answer: UUID, passage: PassageView) -> Citation:
    spans = passage.cited or ((passage.start, passage.end),)
    return Citation(
        message_id=answer,
        number=passage.number,
        version_id=passage.version,
        chunk_id=passage.chunk,
        page=passage.page,
        start=spans[0][0],
        end=spans[-1][1],
        quote=cited_words(passage) or passage.text,
    )


def request_stop(answer: UUID) -> bool:
    """Ask whichever process writes the answer to stop; False where nobody does."""
    writing = Message.objects.filter(pk=answer, status=Status.STREAMING)
    return bool(writing.update(stop_requested=True))
