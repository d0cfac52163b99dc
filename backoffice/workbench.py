"""A question tried with somebody's rights: what each part of the search made of each passage, and
what a model would be given to read. No language model is asked."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from ai.lexical import matched_spans
from ai.prompts import build_messages
from ai.services import get_chat_model
from ai.understanding import Understood
from chat.finding import Found, find, request_for
from chat.notices import notice_fields
from chat.passages import passage_views, reference_of
from chat.rendering import passage_html
from documents.approved import ServedAnswer, find_approved
from documents.ports import IndexHit
from documents.retrieval import FoundPassage, SearchScope, SearchTrace, passages_to_read, traced
from documents.retrieval.context import fold
from documents.retrieval.scoring import FILE_WEIGHT
from documents.selectors import corpora_curated_by, readable_corpora_among


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form asks."""

    question: str
    person: User  # whose rights count
    corpus: UUID | None = None  # None: all that are curated
    day: date | None = None  # None: today


@dataclass(frozen=True, slots=True)
class Rank:
    place: int
    score: float


@dataclass(frozen=True, slots=True)
class Row:
    """One passage; a rank of None: not among the candidates of that side."""

    place: int
    passage: FoundPassage
    reference: str
    url: str
    html: SafeString
    terms: list[str]
    words: Rank | None
    file_score: float | None
    meaning: Rank | None
    fused: Rank | None
    reranked: Rank | None
    fate: str
    is_read: bool


@dataclass(frozen=True, slots=True)
class Tried:
    asked: Asked
    searched: frozenset[UUID]  # corpora that the curator keeps and the person may read
    trace: SearchTrace
    found: Found | None = None  # None: there was no corpus to search
    rows: list[Row] = field(default_factory=list)
    messages: list[dict[str, str]] = field(default_factory=list)
    is_language_model: bool = False
    stages: list[tuple[str, int]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    approved: ServedAnswer | None = None

    @property
    def threshold(self) -> float:
        corpora = self.found.result.corpora if self.found else ()
        return min((corpus.evidence_threshold for corpus in corpora), default=0.0)


def try_question(curator: User, asked: Asked) -> Tried:
    """Only what `curator` keeps *and* `asked.person` may read is searched: nobody sees through
    somebody else's rights what is not theirs to keep."""
    curated = corpora_curated_by(curator)
    if asked.corpus is not None:
        curated = curated.filter(pk=asked.corpus)
    kept = set(curated.order_by().values_list("pk", flat=True))
    readable = readable_corpora_among(asked.person, kept) if kept else []
    searched = frozenset(corpus.pk for corpus in readable)
    # No corpora at all would limit a search to nothing less than all.
    if not searched:
        return Tried(asked, searched, SearchTrace())
    is_language_model = get_chat_model().is_language_model
    started = time.monotonic()
    with traced() as trace:
        found = find(
            asked.person.pk,
            asked.question,
            Understood(asked.question),
            scope=SearchScope(corpora=searched, as_of=asked.day),
            count=None,
            is_language_model=is_language_model,
        )
    milliseconds = (time.monotonic() - started) * 1000
    return Tried(
        asked,
        searched,
        trace,
        found=found,
        rows=_rows(asked.person, found, trace, is_language_model),
        messages=_messages(asked.question, found) if is_language_model else [],
        is_language_model=is_language_model,
        stages=_stages(trace, milliseconds),
        notices=[notice_fields(notice)["sentence"] for notice in found.result.notices],
        approved=_approved(asked, searched),
    )


def _approved(asked: Asked, searched: frozenset[UUID]) -> ServedAnswer | None:
    """What would be given before anything is searched."""
    if asked.day is not None:
        return None
    return find_approved(asked.person.pk, asked.question, corpora=searched)


def _messages(question: str, found: Found) -> list[dict[str, str]]:
    if not found.result.has_evidence:
        return []
    return build_messages(request_for(question, found, max_tokens=settings.MODEL_MAX_TOKENS))


def _stages(trace: SearchTrace, milliseconds: float) -> list[tuple[str, int]]:
    names = {
        "words": _("By words"),
        "embedding": _("Embedding the question"),
        "meaning": _("By meaning"),
        "rows": _("Reading the passages"),
        "reranking": _("Reranking"),
    }
    stages = [(names[stage], round(ms)) for stage, ms in trace.milliseconds.items()]
    spent = sum(trace.milliseconds.values())
    stages.append((_("Choosing what to read"), round(max(0.0, milliseconds - spent))))
    return [*stages, (_("In all"), round(milliseconds))]


def _rows(person: User, found: Found, trace: SearchTrace, is_language_model: bool) -> list[Row]:
    passages = found.result.passages
    fates = _fates(person, found, is_language_model)
    words = ranks_of(trace.words)
    # As it counts, so that the columns add up.
    files = {hit.version: FILE_WEIGHT * hit.score for hit in trace.files}
    meaning = ranks_of(trace.dense or ())
    fused = _ranked(trace.fused)
    rows = []
    for view, passage in zip(passage_views(passages), passages, strict=True):
        fate, is_read = fates[passage.chunk]
        judged = passage.reranked
        rows.append(
            Row(
                place=view.number,
                passage=passage,
                reference=reference_of(view),
                url=view.url,
                html=passage_html(view),
                terms=terms_of(passage),
                words=words.get(passage.chunk),
                file_score=files.get(passage.version),
                meaning=meaning.get(passage.chunk),
                fused=fused.get(passage.chunk),
                reranked=None if judged is None else Rank(view.number, judged),
                fate=fate,
                is_read=is_read,
            )
        )
    return rows


def ranks_of(hits: Iterable[IndexHit]) -> dict[UUID, Rank]:
    return {hit.id: Rank(place, hit.score) for place, hit in enumerate(hits, start=1)}


def _ranked(scores: Mapping[UUID, float]) -> dict[UUID, Rank]:
    best = sorted(scores, key=scores.__getitem__, reverse=True)
    return {key: Rank(place, scores[key]) for place, key in enumerate(best, start=1)}


def terms_of(passage: FoundPassage) -> list[str]:
    """The words of the question as the passage, its title, its headings and hints write them."""
    text = passage.found_by
    spans = matched_spans(text, passage.wordings, passage.language)
    return list(dict.fromkeys(text[start:end].casefold() for start, end in spans))


def _fates(person: User, found: Found, is_language_model: bool) -> dict[UUID, tuple[str, bool]]:
    """What became of each passage on its way to a model, and whether it is read."""
    result, kept = found.result, found.kept
    if not result.has_evidence:
        refused = _("not read: evidence is below the threshold")
        return {passage.chunk: (refused, False) for passage in result.passages}
    unfolded = {passage.chunk for passage in fold(result.passages)}
    without_room = passages_to_read(person, result, count=found.count) if is_language_model else ()
    with_room = {passage.chunk for passage in without_room}
    fates = {}
    for passage in result.passages:
        number = _number_among(passage, kept)
        if number is not None:
            fates[passage.chunk] = (_("read as [%(number)s]") % {"number": number}, True)
        elif passage.chunk not in unfolded:
            fates[passage.chunk] = (_("folded: a better passage says the same"), False)
        elif passage.chunk in with_room:
            fates[passage.chunk] = (_("not read: no room left in the prompt"), False)
        else:
            text = ngettext(
                "not read: %(count)s other comes first",
                "not read: %(count)s others come first",
                len(kept),
            )
            fates[passage.chunk] = (text % {"count": len(kept)}, False)
    return fates


def _number_among(passage: FoundPassage, kept: Sequence[FoundPassage]) -> int | None:
    """Under which number it is read, alone or within a wider passage of its page."""
    for number, other in enumerate(kept, start=1):
        same_page = (other.version, other.page) == (passage.version, passage.page)
        if same_page and other.start <= passage.start and passage.end <= other.end:
            return number
    return None
