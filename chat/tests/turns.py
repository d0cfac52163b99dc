"""Logged turns for tests, written by the code that writes them after a real answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.models import User
from ai.ports import ChatRequest, SourcePassage, Turn, Usage
from chat.frames import Ask
from chat.limits import Limits
from chat.models import Message, TurnLog
from chat.passages import passage_views, place_of
from chat.records import FinishedAnswer, record_question, save_checkpoints, save_finished
from chat.sweeping import interrupt_dead_answers
from chat.turnlog import TurnPolicy, TurnTrace
from chat.writing import Checkpoint
from documents.models import Chunk, Corpus, Document
from documents.retrieval import FoundPassage, SearchResult, SearchScope
from documents.tests.builders import found_passage

POLICY = TurnPolicy(kept=True, priced_model="scripted", prompt_price=0.01, completion_price=0.03)
ELSEWHERE = "another-host:1:abcd"
LIMITS = Limits(questions_per_minute=1000, concurrent_answers=1000)


def first_passage(document: Document, score: float = 7.25, *, page: int = 1) -> FoundPassage:
    """The first passage of a page, as a search finds it."""
    chunks = Chunk.objects.filter(version__document=document, version__live=True, page=page)
    return found_passage(chunks.order_by("number")[0], score=score)


def log_turn(
    user: User,
    documents: Iterable[Document],
    question: str = "How many days?",
    *,
    conversation: UUID | None = None,
    searched: Iterable[Corpus] = (),
    status: str = Message.Status.DONE,
) -> TurnLog:
    """A question of `user` and its answer, which rests on the first passage of each document."""
    asked = record_question(
        user,
        Ask(id=uuid4().hex, text=question, conversation=conversation),
        owner="tests",
        language="en",
        limits=LIMITS,
    )
    history = (Turn("user", "Before?"), Turn("assistant", "Before.")) if conversation else ()
    return end_answer(
        asked.answer.pk, documents, question, history=history, searched=searched, status=status
    )


def end_answer(
    answer: UUID,
    documents: Iterable[Document],
    question: str = "How many days?",
    *,
    history: tuple[Turn, ...] = (),
    searched: Iterable[Corpus] = (),
    status: str = Message.Status.DONE,
) -> TurnLog:
    """As its run does at the end."""
    documents = tuple(documents)
    kept = tuple(first_passage(document) for document in documents)
    corpora = {document.corpus for document in documents} | set(searched)
    trace = TurnTrace(
        policy=POLICY,
        question=question,
        scope=SearchScope(),
        model_asked="scripted",
        has_history=bool(history),
        is_language_model=True,
        searched_for=question,
        result=SearchResult(language="en", passages=kept, corpora=tuple(corpora), evidence=0.5),
        kept=kept,
        passages_read=6,
        request=ChatRequest(
            question=question,
            language="en",
            history=history,
            passages=tuple(
                SourcePassage(
                    number=number, title=found.title, place=place_of(found), text=found.text
                )
                for number, found in enumerate(kept, start=1)
            ),
        ),
    )
    save_finished(
        FinishedAnswer(
            checkpoint=Checkpoint(answer, 5, "It says so [1].", passage_views(kept)),
            status=status,
            cited=[1] if kept else [],
            model="scripted",
            usage=Usage(prompt_tokens=1000, completion_tokens=100),
            timings={"search": 20, "first_text": 120, "total": 500},
            turn=trace,
        )
    )
    return TurnLog.objects.get(pk=answer)


def begin_answer(user: User, conversation: UUID | None = None) -> Message:
    """One that another process writes."""
    ask = Ask(id=uuid4().hex, text="How many days?", conversation=conversation)
    return record_question(user, ask, owner=ELSEWHERE, language="en", limits=LIMITS).answer


def write_answer(
    answer: Message, documents: Iterable[Document], text: str = "25 days [1]."
) -> None:
    """Its process has saved so much."""
    views = passage_views(tuple(first_passage(document) for document in documents))
    save_checkpoints(ELSEWHERE, [answer.pk], [Checkpoint(answer.pk, 7, text, views)])


def sweep(*answers: Message) -> int:
    """After their process has died."""
    long_ago = timezone.now() - timedelta(minutes=1)
    Message.objects.filter(pk__in=[each.pk for each in answers]).update(heartbeat=long_ago)
    return interrupt_dead_answers()


def lose_answer(user: User, documents: Iterable[Document]) -> TurnLog:
    """Its process died while it was writing."""
    answer = begin_answer(user)
    write_answer(answer, documents)
    sweep(answer)
    return TurnLog.objects.get(answer=answer)


def make_replay(turn: TurnLog, by: User, **fields: Any) -> TurnLog:
    """A replay of `turn` that has ended and rests on what the turn rests on."""
    replay = TurnLog.objects.create(
        replay_of=turn,
        by=by,
        question=turn.question,
        **{
            "change": TurnLog.Change.PASSAGES,
            "status": Message.Status.DONE,
            "corpora_count": turn.corpora_count,
            "passages": turn.passages,
            "passages_read": 2,
            "model": "scripted",
            **fields,
        },
    )
    replay.corpora.set(turn.corpora.all())
    return replay
