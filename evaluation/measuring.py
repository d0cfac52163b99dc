"""How well a search finds what a question set says it should, and when it refuses to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, Self
from uuid import UUID

from accounts.models import User
from documents.models import Corpus, IndexGeneration
from documents.retrieval import CHUNK_CANDIDATES, SearchResult, SearchScope, search
from evaluation.metrics import first_relevant, ndcg_at, recall_at, reciprocal_rank_at

PageKey = tuple[UUID, int]  # document and page
FIRST = 6


class OnPage(Protocol):
    @property
    def document(self) -> UUID: ...
    @property
    def page(self) -> int: ...


class Found(Protocol):
    """What a question found, e.g. documents.retrieval.SearchResult."""

    @property
    def passages(self) -> Sequence[OnPage]: ...  # best first
    @property
    def evidence(self) -> float: ...
    @property
    def has_evidence(self) -> bool: ...


Ask = Callable[[str], Found]


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """A question and the pages that answer it; none where it cannot be answered, or where nobody
    has said which: then only its refusal is counted."""

    key: UUID
    text: str
    answerable: bool
    expected: frozenset[PageKey]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one question. `rank` of the first right page among the pages found, from 1."""

    question: UUID
    answerable: bool
    evidence: float | None  # None: nothing was found at all
    refused: bool  # at the corpus's threshold
    rank: int | None

    @property
    def is_wrong(self) -> bool:
        """Refused though it could be answered, or the other way round."""
        return self.refused == self.answerable

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "question": str(self.question)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        return cls(**{**values, "question": UUID(values["question"])})


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over the `ranked` questions, those whose right pages are known; None without any."""

    ranked: int
    ndcg_10: float | None
    recall_10: float | None
    recall_100: float | None
    mrr_10: float | None
    first: int
    first_share: float | None  # of them, with a right page among the first `first` pages
    answerable: int
    false_refusals: int
    unanswerable: int
    false_answers: int
    outcomes: tuple[Outcome, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Without the outcomes."""
        return {name: value for name, value in asdict(self).items() if name != "outcomes"}


def measure(
    questions: Iterable[KnownQuestion],
    ask: Ask,
    *,
    first: int = FIRST,
    on_asked: Callable[[int], None] = lambda _done: None,
) -> Figures:
    """Ask every question. `on_asked` is told how many have been asked, after each."""
    outcomes = []
    scores: list[dict[str, float]] = []
    for done, question in enumerate(questions, start=1):
        found = ask(question.text)
        pages = list(dict.fromkeys((p.document, p.page) for p in found.passages))
        gains = dict.fromkeys(question.expected, 1.0)
        outcomes.append(_outcome(question, found, first_relevant(pages, gains)))
        if gains:
            scores.append(_scores(pages, gains, first))
        on_asked(done)
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    return Figures(
        ranked=len(scores),
        **{name: _mean(scores, name) for name in _SCORES},
        first=first,
        answerable=len(answerable),
        false_refusals=sum(outcome.refused for outcome in answerable),
        unanswerable=len(outcomes) - len(answerable),
        false_answers=sum(not o.refused for o in outcomes if not o.answerable),
        outcomes=tuple(outcomes),
    )


_SCORES = ("ndcg_10", "recall_10", "recall_100", "mrr_10", "first_share")


def _scores(
    pages: Sequence[PageKey], gains: Mapping[PageKey, float], first: int
) -> dict[str, float]:
    return {
        "ndcg_10": ndcg_at(10, pages, gains),
        "recall_10": recall_at(10, pages, gains),
        "recall_100": recall_at(100, pages, gains),
        "mrr_10": reciprocal_rank_at(10, pages, gains),
        "first_share": float(first_relevant(pages[:first], gains) is not None),
    }


def _mean(scores: Sequence[Mapping[str, float]], name: str) -> float | None:
    return sum(each[name] for each in scores) / len(scores) if scores else None


def _outcome(question: KnownQuestion, found: Found, rank: int | None) -> Outcome:
    return Outcome(
        question=question.key,
        answerable=question.answerable,
        evidence=found.evidence if found.passages else None,
        refused=not found.has_evidence,
        rank=rank,
    )


def ask_as(
    user: User, corpus: Corpus, generation: IndexGeneration | None = None
) -> Callable[[str], SearchResult]:
    """The search of one corpus with the user's rights, deep enough for every figure; in the live
    generation of the index, or in another."""
    scope = SearchScope(
        corpora=frozenset({corpus.pk}), generation=generation.pk if generation else None
    )
    return lambda question: search(user, question, scope=scope, limit=CHUNK_CANDIDATES)
