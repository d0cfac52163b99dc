"""What a search is asked and what it gives. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from ai.lexical import Language, matched_spans
from documents.models import Corpus
from documents.ports import HIDDEN, Standing


@dataclass(frozen=True, slots=True)
class SearchScope:
    """What a search is limited to, beyond the user's rights. Empty sets limit nothing."""

    corpora: frozenset[UUID] = frozenset()
    media_types: frozenset[str] = frozenset()
    documents: frozenset[UUID] = frozenset()
    languages: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()  # outermost headings
    as_of: date | None = None  # what was in force then; None: what is today
    # Of the index, for who compares them; None: the live one. Rights are the same in all.
    generation: UUID | None = None


class AlsoIn(NamedTuple):
    """Where else a passage stands, word for word or nearly so."""

    document: UUID
    version: UUID
    title: str
    media_type: str
    page: int
    page_label: str


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """Text of one page: `text == page.text[start:end]`."""

    chunk: UUID
    document: UUID
    version: UUID
    corpus: UUID
    corpus_name: str
    title: str
    media_type: str
    page: int
    page_label: str
    section: str
    start: int
    end: int
    text: str
    score: float
    language: str  # of its version
    wordings: str = ""  # the question and what its glossaries say instead
    also_in: tuple[AlsoIn, ...] = ()
    reranked: float | None = None  # the reranker's own score; None: it was not asked
    hint: str = ""  # its page's, found by but never shown
    standing: Standing = HIDDEN  # of its version: from when to when it is in force
    page_count: int = 0  # of its version
    updated_at: datetime | None = None

    @property
    def marks(self) -> tuple[tuple[int, int], ...]:
        """Code-point spans of the question's words in `text`. Found anew at each call: most
        passages of a search are never shown, and this takes longer than all the rest of one."""
        return tuple(matched_spans(self.text, self.wordings, self.language))

    @property
    def found_by(self) -> str:
        """All the words that it is indexed by."""
        return f"{self.title} {self.section} {self.hint} {self.text}"


@dataclass(frozen=True, slots=True)
class Degraded:
    """A part of the search that failed and was done without; `code` is that of its error."""

    part: Literal["embedding", "reranking"]
    code: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    language: Language  # of the question
    passages: tuple[FoundPassage, ...]  # best first
    corpora: tuple[Corpus, ...]  # those that were searched
    # Share of the question's distinct terms in the best-covered of the first passages, 0 to 1.
    evidence: float
    notices: tuple[Degraded, ...] = ()

    @property
    def has_evidence(self) -> bool:
        """Whether the passages hold enough of the question to answer from. By the most generous of
        the searched corpora: one of them may well hold the answer."""
        threshold = min((corpus.evidence_threshold for corpus in self.corpora), default=0.0)
        return bool(self.passages) and self.evidence >= threshold
