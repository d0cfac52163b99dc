"""The approved answers of a corpus that was taken in, once its documents have been read."""

from __future__ import annotations

from dataclasses import dataclass

from documents.approved_services import find_words
from documents.models import ApprovedAnswer, ApprovedPassage, DocumentVersion, Page, Source
from documents.spans import Span
from documents.transfer.keys import answer_key, version_key
from documents.transfer.manifest import AnswerPart, PassagePart

Status = ApprovedAnswer.Status
Reason = ApprovedAnswer.Reason

# Longer ones are looked for at their place alone: SQLite compares no pattern beyond 50,000 bytes.
_SEARCHED_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True)
class _Placed:
    """A passage, and where its words stand here; None: nowhere."""

    part: PassagePart
    span: Span | None
    is_live: bool = False


def take_in_answers(source: Source, answers: list[AnswerPart]) -> None:
    """Within the caller's transaction. One that was served is served here where all of its
    passages stand in what is online, word for word; else it waits for a review. Nobody owns them,
    and nobody here has reviewed them yet: what was approved elsewhere keeps its date."""
    for position, part in enumerate(answers, start=1):
        placed = [_place(source, passage) for passage in part.passages]
        status, reason = part.status, part.reason or ""
        if status == Status.APPROVED and not all(one.is_live for one in placed):
            status, reason = Status.TO_REVIEW, Reason.MOVED
        answer, is_new = ApprovedAnswer.objects.get_or_create(
            pk=answer_key(source, position),
            defaults={
                "corpus": source.corpus,
                "question": part.question,
                "alternatives": part.alternatives,
                "text": part.text,
                "language": part.language,
                "status": status,
                "reason": reason,
                "reviewed_at": part.reviewed_at,
                "review_on": part.review_on,
            },
        )
        if is_new:
            ApprovedAnswer.objects.filter(pk=answer.pk).update(created_at=part.created_at)
            ApprovedPassage.objects.bulk_create(_row(answer, one) for one in placed)


def _row(answer: ApprovedAnswer, placed: _Placed) -> ApprovedPassage:
    part, span = placed.part, placed.span
    return ApprovedPassage(
        approved=answer,
        number=part.number,
        version_id=span.version if span else None,
        title=part.title,
        page=span.page if span else part.page,
        start=span.start if span else part.start,
        end=span.end if span else part.end,
        quote=part.quote,
    )


def _place(source: Source, part: PassagePart) -> _Placed:
    if part.document is None or part.version is None:
        return _Placed(part, None)
    key = version_key(source, part.document, part.version)
    version = DocumentVersion.objects.filter(pk=key, state=DocumentVersion.State.READY).first()
    if version is None:
        return _Placed(part, None)
    page = Page.objects.filter(version=version, number=part.page).first()
    span: Span | None = Span(version.pk, part.page, part.start, part.end)
    if page is None or page.text[part.start : part.end] != part.quote:
        is_short = len(part.quote) <= _SEARCHED_CHARACTERS
        span = find_words(version.pk, part.quote, near=part.page) if is_short else None
    return _Placed(part, span, is_live=span is not None and version.live)
