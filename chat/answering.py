"""An answer's life: search, read, write. docs/protocol.md draws it.

No database work and no thread hop per token: text goes to the event log; the rows are written
at the start, at checkpoints (chat.runs) and at the end.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import override

from ai.errors import AnswerCut
from ai.ports import (
    ChatModel,
    ChatRequest,
    Finished,
    Switched,
    TextDelta,
    Trimmed,
    Turn,
    Usage,
    Waiting,
)
from chat import frames
from chat.approved import serve_approved
from chat.continuing import Begun, Seam, request_to_go_on
from chat.ending import write_end
from chat.errors import AnswerFailed
from chat.finding import Found, as_text, find, from_text, request_for, understand
from chat.measuring import count_answer, model_at_work
from chat.models import Message
from chat.notices import not_found_sentence, notice_fields
from chat.passages import passage_views
from chat.ports import EventLog
from chat.records import FinishedAnswer, save_finished
from chat.turnlog import NO_CHANGES, NOT_KEPT, Changes, TurnPolicy, TurnTrace
from chat.wording import with_cited_words
from chat.writing import AnswerWriter, Checkpoint
from common.errors import CassandreError
from common.outage import outage_behind
from common.threads import in_thread
from common.tracing import spanned
from documents.retrieval import SearchScope

logger = logging.getLogger(__name__)

Status = Message.Status


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a run needs to know, read from the rows once before it starts."""

    answer: UUID
    user: UUID
    question: str
    scope: SearchScope
    history: tuple[Turn, ...]
    interface_language: str  # of sentences about the answer; its own is the question's
    begun: Begun | None = None  # of an earlier version, which this one goes on with
    changes: Changes = NO_CHANGES
    serves_approved: bool = False  # the answer that a person has approved, where there is one


class AnswerRun:
    """Writes one answer to a final state."""

    def __init__(
        self,
        assignment: Assignment,
        *,
        model: ChatModel,
        log: EventLog,
        max_tokens: int,
        policy: TurnPolicy = NOT_KEPT,
    ) -> None:
        self.assignment = assignment
        self.stopped_by_reader = False
        self.ending = False
        self._model = model
        self._answered_by = model.name
        self._cut: AnswerCut | None = None
        self._log = log
        self._max_tokens = max_tokens
        self._writer = AnswerWriter(assignment.answer, log)
        self._usage = Usage(prompt_tokens=0, completion_tokens=0)
        self._trace = TurnTrace(
            policy=policy,
            question=assignment.question,
            scope=assignment.scope,
            model_asked=model.name,
            has_history=bool(assignment.history),
            is_language_model=model.is_language_model,
        )
        self._timings: dict[str, int] = {}
        self._started_at = time.monotonic()
        self._saved_n = 0

    def checkpoint(self) -> Checkpoint | None:
        state = self._writer.checkpoint()
        if state.n == self._saved_n:
            return None
        self._saved_n = state.n
        return state

    @spanned("answer")
    async def write(self) -> None:
        """Run to a final state, whatever happens. Never raises."""
        with self._writer:
            status, error = await self._try_answering()
            self.ending = True
            try:
                await self._end(status, error)
            except Exception:
                # The sweeper will find the row without heartbeat and mark it interrupted.
                logger.exception("the answer could not be ended")
                await self._log.forget(self.assignment.answer)

    async def _try_answering(self) -> tuple[Status, CassandreError | None]:
        try:
            return await self._answer(), self._cut
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None:
                task.uncancel()
            return (Status.STOPPED if self.stopped_by_reader else Status.INTERRUPTED), None
        except CassandreError as error:
            logger.warning("the answer failed: %s", error)
            return Status.FAILED, error
        except Exception as error:
            if (outage := outage_behind(error)) is not None:
                logger.warning("the answer failed: %s", outage)
                return Status.FAILED, outage
            logger.exception("the answer failed")
            return Status.FAILED, AnswerFailed()

    async def _answer(self) -> Status:
        if self.assignment.begun is not None:
            return await self._go_on(self.assignment.begun)
        writer = self._writer
        writer.emit(frames.Stage, stage="searching")
        if await serve_approved(self.assignment, writer):
            self._answered_by = ""
            return Status.DONE
        found = await self._find()
        result, kept = found.result, found.kept
        writer.announce(passage_views(kept, self.assignment.scope.as_of))
        if not result.has_evidence:
            writer.append(not_found_sentence(result))
            return Status.NOT_FOUND
        writer.emit(frames.Stage, stage="reading", count=len(kept))
        await self._stream(self._request(found))
        return Status.DONE

    async def _go_on(self, begun: Begun) -> Status:
        """With the passages that the answer began with: their numbers are in its text."""
        assignment, writer = self.assignment, self._writer
        writer.emit(frames.Stage, stage="reading", count=len(begun.passages))
        writer.announce(begun.passages)
        writer.begin_with(begun.text)
        history, most = assignment.history, self._max_tokens
        request = request_to_go_on(assignment.question, begun, history=history, max_tokens=most)
        await self._stream(request)
        return Status.DONE

    @spanned("answer search")
    async def _find(self) -> Found:
        assignment, trace = self.assignment, self._trace
        changes, started = assignment.changes, time.monotonic()
        if changes.searched_for is not None:
            asked = from_text(changes.searched_for)
        else:
            asked = await understand(self._model, assignment.question, assignment.history)
            if asked.question != assignment.question or asked.parts:
                self._timings["rewrite"] = _ms_since(started)
        trace.searched_for = as_text(asked)
        started = time.monotonic()
        found = await in_thread(
            find,
            assignment.user,
            assignment.question,
            asked,
            scope=assignment.scope,
            count=changes.passages_read,
            is_language_model=self._model.is_language_model,
        )
        self._timings["search"] = _ms_since(started)
        trace.result, trace.passages_read, trace.kept = found.result, found.count, found.kept
        return found

    def _request(self, found: Found) -> ChatRequest:
        assignment = self.assignment
        return request_for(
            assignment.question,
            found,
            history=assignment.history,
            instructions=assignment.changes.instructions,
            max_tokens=self._max_tokens,
        )

    async def _stream(self, request: ChatRequest) -> None:
        writer, seam = self._writer, Seam(request.begun)
        self._trace.request = request
        writer.emit(frames.Stage, stage="answering", count=len(request.passages))
        with model_at_work(writer, self._answered_by):
            async with aclosing(self._model.stream(request)) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        writer.append(seam.feed(event.text))
                    elif isinstance(event, Usage):
                        self._usage = event
                    elif isinstance(event, Finished):
                        self._finished(event)
                    else:
                        self._notice(event, request)

    def _finished(self, event: Finished) -> None:
        if event.reason == "length":
            logger.warning("the answer was cut: %s", AnswerCut.code)
            self._cut = AnswerCut()

    def _notice(self, event: Waiting | Switched | Trimmed, request: ChatRequest) -> None:
        logger.warning("the answer: %s", event)
        self._trace.notices.append(event)
        if isinstance(event, Switched):
            self._answered_by = event.model
        elif isinstance(event, Trimmed):
            self._writer.cite_first(len(request.passages) - event.passages)
        with override(self.assignment.interface_language):
            fields = notice_fields(event)
        self._writer.emit(frames.Notice, **fields)

    async def _end(self, status: Status, error: CassandreError | None) -> None:
        """The row first, then the last event: who reads "done" finds it in the database."""
        writer, answer = self._writer, self.assignment.answer
        writer.finish_text()
        if writer.cited:
            writer.locate(
                await in_thread(with_cited_words, writer.text, writer.passages, writer.cited)
            )
        self._timings["total"] = _ms_since(self._started_at)
        if writer.first_text_at is not None:
            self._timings["first_text"] = int((writer.first_text_at - self._started_at) * 1000)
        writer.emit(
            frames.UsageReport,
            model=self._answered_by,
            prompt_tokens=self._usage.prompt_tokens,
            completion_tokens=self._usage.completion_tokens,
            timings=self._timings,
        )
        finished = FinishedAnswer(
            checkpoint=writer.checkpoint()._replace(n=writer.n + 1),
            status=status,
            cited=writer.cited,
            model=self._answered_by,
            usage=self._usage,
            timings=self._timings,
            error_code=error.code if error else "",
            error_params=error.params if error else None,
            turn=self._trace,
        )
        model, usage, timings = self._answered_by, self._usage, self._timings
        count_answer(status, error, model=model, usage=usage, timings=timings)
        await write_end(self._save, finished)
        self._emit_last(status, error)
        await self._log.forget(answer)

    def _save(self, finished: FinishedAnswer) -> None:
        save_finished(finished)

    def _emit_last(self, status: Status, error: CassandreError | None) -> None:
        writer = self._writer
        reason = {}
        if error is not None:
            with override(self.assignment.interface_language):
                reason = {"code": error.code, "sentence": error.user_sentence}
        if status == Status.STOPPED:
            writer.emit(frames.Stopped, last=True)
        elif status == Status.INTERRUPTED:
            writer.emit(frames.Interrupted, last=True)
        elif status == Status.FAILED:
            writer.emit(frames.Failed, last=True, **reason)
        else:
            writer.emit(frames.Done, last=True, status=status.value, **reason)


def _ms_since(started: float) -> int:
    return int((time.monotonic() - started) * 1000)
