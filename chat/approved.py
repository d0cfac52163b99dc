"""Answers that a person answers for, served before a model is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from chat import frames
from chat.differences import with_differences
from chat.models import Message
from chat.writing import AnswerWriter
from common.threads import in_thread, in_writer
from documents.approved import NumberedPassage, ServedAnswer, find_approved

if TYPE_CHECKING:
    from chat.answering import Assignment


async def serve_approved(assignment: Assignment, writer: AnswerWriter) -> bool:
    """Write the approved answer to the question; False where there is none to serve."""
    if not assignment.serves_approved:
        return False
    served = await in_thread(_find, assignment)
    if served is None:
        return False
    view = _view(served)
    await in_writer(_keep, assignment.answer, view)
    writer.emit(frames.Approved, approved=view)
    writer.announce(with_differences([_passage(each) for each in served.passages]))
    writer.append(served.text)
    return True


def _find(assignment: Assignment) -> ServedAnswer | None:
    scope = assignment.scope
    if scope.documents or scope.sections or scope.languages or scope.as_of:
        return None  # an answer to something narrower than it was approved for
    return find_approved(
        assignment.user,
        assignment.question,
        corpora=scope.corpora,
        media_types=scope.media_types,
    )


def _view(served: ServedAnswer) -> frames.ApprovedView:
    return frames.ApprovedView(
        id=served.id,
        corpus=served.corpus,
        question=served.question,
        owner=served.owner,
        reviewed_on=served.reviewed_on,
        review_on=served.review_on,
        is_due=served.is_due,
    )


def _keep(answer: UUID, view: frames.ApprovedView) -> None:
    Message.objects.filter(pk=answer).update(approved=msgspec.to_builtins(view))


def _passage(passage: NumberedPassage) -> frames.PassageView:
    read = passage.read
    return frames.PassageView(
        number=passage.number,
        document=read.document,
        version=read.span.version,
        chunk=passage.chunk,
        title=read.title,
        corpus=read.corpus_name,
        page=read.span.page,
        page_label=read.page_label,
        section=passage.section,
        text=read.text,
        marks=passage.marks,
        url=read.url,
        start=read.span.start,
        end=read.span.end,
        reference=read.reference,
    )


def approved_view(answer: Message) -> frames.ApprovedView | None:
    """What was said of an approved answer when it was served."""
    if answer.approved is None:
        return None
    return msgspec.convert(answer.approved, frames.ApprovedView)
