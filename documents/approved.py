"""The approved answer to a question, as far as whoever asks may read it now."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from math import sqrt
from statistics import mean
from uuid import UUID

from django.db.models import UUIDField
from django.utils import timezone

from accounts.models import User
from ai.errors import ModelError
from ai.lexical import matched_spans
from ai.services import get_embedder
from common.prepared import Prepared
from documents.approved_matching import FLOOR, Likeness, likeness, wording_of
from documents.models import ApprovedAnswer, Chunk
from documents.selectors import corpora_readable_by
from documents.spans import ReadSpan, Span, read_spans

logger = logging.getLogger(__name__)

Status = ApprovedAnswer.Status
# From which likeness two questions mean the same, and two words that part them, too: 1 for the same
# vector, 0 for what words without relation have at this model. Figures: docs/retrieval.md.
LIKENESS = 0.8
LIKENESS_APART = 0.85
# Their cosine is 0.2 at some models and 0.8 at others, such as E5.
UNRELATED = ("kitchen", "facture", "rivière", "password", "orchestra", "ciment")
# Vectors are asked for the nearest few by words alone.
CLOSEST = 3

_SERVED = Prepared(
    lambda user: ApprovedAnswer.objects.filter(
        status=Status.APPROVED, corpus__in=corpora_readable_by(user).order_by()
    ).only("question", "alternatives", "language", "corpus_id"),
    user=UUIDField(),
)


@dataclass(frozen=True, slots=True)
class NumberedPassage:
    number: int
    chunk: UUID
    section: str
    read: ReadSpan
    marks: tuple[tuple[int, int], ...]  # the question's words in its text


@dataclass(frozen=True, slots=True)
class ServedAnswer:
    id: UUID
    corpus: UUID
    question: str  # as it was approved
    text: str
    owner: str  # "" where that person is gone
    reviewed_on: date
    review_on: date | None
    is_due: bool
    passages: tuple[NumberedPassage, ...]


def find_approved(
    user: UUID,
    question: str,
    *,
    corpora: frozenset[UUID] = frozenset(),
    media_types: frozenset[str] = frozenset(),
) -> ServedAnswer | None:
    """The approved answer to what the question means; None where there is none to be served.

    One query where no corpus that the user may read has one. Empty sets limit nothing.
    """
    rows = [row for row in _SERVED.all(user=user) if not corpora or row.corpus_id in corpora]
    for pk in _matching(question, rows):
        served = _served(User(pk=user), pk, question, media_types)
        if served is not None:
            return served
    return None


def _matching(question: str, rows: Iterable[ApprovedAnswer]) -> list[UUID]:
    """Those that ask the same, the likest first."""
    compared = sorted(
        (
            (
                likeness(wording_of(question, row.language), wording_of(text, row.language)),
                text,
                row,
            )
            for row in rows
            for text in row.wordings
        ),
        key=lambda each: -each[0].score,
    )
    same = [row.pk for like, _text, row in compared if like.is_same]
    if same:
        return list(dict.fromkeys(same))
    unsure = [
        (like, text, row.pk)
        for like, text, row in compared
        if like.score >= FLOOR and like.apart is not None and all(like.apart)
    ]
    return _same_by_vectors(question, unsure[:CLOSEST]) if unsure else []


def _same_by_vectors(question: str, unsure: Sequence[tuple[Likeness, str, UUID]]) -> list[UUID]:
    """Where an embedding model is configured: the questions must mean the same, and so must the
    words that only one of them has. “Sick leave” and “annual leave” are near, but not these two."""
    embedder = get_embedder()
    if embedder is None:
        return []
    texts = [question]
    for like, text, _pk in unsure:
        apart = like.apart or (frozenset(), frozenset())
        texts += [text, " ".join(sorted(apart[0])), " ".join(sorted(apart[1]))]
    try:
        vectors = embedder.embed_passages([*UNRELATED, *texts])
    except ModelError as error:
        logger.warning("approved answers were compared by their words alone: %s", error)
        return []
    unrelated, (asked, *others) = vectors[: len(UNRELATED)], vectors[len(UNRELATED) :]
    nothing = mean(cosine(one, other) for one, other in combinations(unrelated, 2))
    triples = zip(others[::3], others[1::3], others[2::3], strict=True)
    return [
        pk
        for (_like, _text, pk), (wording, mine, theirs) in zip(unsure, triples, strict=True)
        if above(nothing, cosine(asked, wording)) >= LIKENESS
        and above(nothing, cosine(mine, theirs)) >= LIKENESS_APART
    ]


def above(nothing: float, found: float) -> float:
    """A cosine on a scale where that of what has nothing in common is 0; 0 for a model to which
    everything is alike."""
    return (found - nothing) / (1 - nothing) if nothing < 1 else 0.0


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    norms = sqrt(sum(x * x for x in one)) * sqrt(sum(y * y for y in other))
    return sum(x * y for x, y in zip(one, other, strict=True)) / norms if norms else 0.0


def _served(
    user: User, pk: UUID, question: str, media_types: frozenset[str]
) -> ServedAnswer | None:
    """None where one of its passages is not what is online now, is not open to the user, or is
    of a type that the search leaves out: whatever its status says."""
    row = ApprovedAnswer.objects.select_related("owner").filter(pk=pk).first()
    if row is None or row.status != Status.APPROVED or row.reviewed_at is None:
        return None
    rows = list(row.passages.all())
    spans = [Span(p.version_id, p.page, p.start, p.end) for p in rows if p.version_id]
    if len(spans) < len(rows) or (media_types and not rows):
        return None
    read = {each.span: each for each in read_spans(user, spans)}
    chunks = _chunks_of(spans)
    passages = []
    for passage, span in zip(rows, spans, strict=True):
        found, chunk = read.get(span), chunks.get(span)
        if found is None or chunk is None or not found.live:
            return None
        if media_types and found.media_type not in media_types:
            return None
        marks = tuple(matched_spans(found.text, question, row.language))
        passages.append(NumberedPassage(passage.number, chunk.pk, chunk.section, found, marks))
    return ServedAnswer(
        id=row.pk,
        corpus=row.corpus_id,
        question=row.question,
        text=row.text,
        owner=str(row.owner) if row.owner else "",
        reviewed_on=timezone.localdate(row.reviewed_at),
        review_on=row.review_on,
        is_due=row.is_due,
        passages=tuple(passages),
    )


def _chunks_of(spans: Iterable[Span]) -> dict[Span, Chunk]:
    """The passage of the index that holds each span's beginning."""
    found: dict[Span, Chunk] = {}
    for span in spans:
        chunks = Chunk.objects.filter(version=span.version, page=span.page, start__lte=span.start)
        chunk = chunks.order_by("-start").only("section").first()
        if chunk is not None:
            found[span] = chunk
    return found
