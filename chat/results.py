"""What a search found, as the results page shows it. Values only: no query is made here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from ai.lexical import Language, matched_spans, words_of
from chat.passages import source_url, stood_note
from chat.snippets import snippet_of
from documents.kinds import extent, heading_of, icon_of, short_reference
from documents.ports import Shown
from documents.reading import marked
from documents.retrieval import FoundPassage
from documents.spans import page_url
from documents.validity import ValidityNote, validity_note

SHOWN_PER_DOCUMENT = 3
SHOWN_NEAREST = 6


@dataclass(frozen=True, slots=True)
class PassageRow:
    reference: str
    label: str  # name of the sheet, slide or section, "" where it has none
    section: str
    snippet: SafeString
    full: SafeString  # "" where only the snippet is shown
    url: str


@dataclass(frozen=True, slots=True)
class DocumentGroup:
    title: str
    stood: str  # of a version that was replaced since, the day it is shown for
    corpus: str
    extent: str | Promise
    icon: str
    updated_at: datetime | None
    validity: ValidityNote | None
    url: str
    shown: tuple[PassageRow, ...]
    more: tuple[PassageRow, ...]


@dataclass(frozen=True, slots=True)
class NearPassage:
    """A passage that does not answer, and which of the question's words it lacks."""

    title: str
    stood: str  # as in DocumentGroup
    row: PassageRow
    missing: tuple[str, ...]


def groups_of(found: Iterable[FoundPassage], as_of: date | None = None) -> list[DocumentGroup]:
    """Documents in the order of their best passage. `as_of`: the day that was asked for."""
    by_document: dict[UUID, list[FoundPassage]] = {}
    for passage in found:
        by_document.setdefault(passage.document, []).append(passage)
    return [_group(passages, as_of) for passages in by_document.values()]


def _group(passages: list[FoundPassage], as_of: date | None) -> DocumentGroup:
    first = passages[0]
    stood = _stood(first, as_of)
    return DocumentGroup(
        title=first.title,
        stood=stood,
        corpus=first.corpus_name,
        extent=extent(first.media_type, first.page_count),
        icon=icon_of(first.media_type),
        updated_at=first.updated_at,
        # Of a version that was replaced `stood` says it.
        validity=None
        if stood
        else validity_note(first.standing.valid_from, first.standing.valid_until),
        url=page_url(first.document, first.version, 1)
        if stood
        else reverse("documents:source", args=[first.document]),
        shown=tuple(_row(passage) for passage in passages[:SHOWN_PER_DOCUMENT]),
        more=tuple(_row(passage, in_full=False) for passage in passages[SHOWN_PER_DOCUMENT:]),
    )


def _stood(passage: FoundPassage, as_of: date | None) -> str:
    if as_of is None or passage.standing.shown != Shown.REPLACED:
        return ""
    return stood_note(as_of)


def _row(passage: FoundPassage, *, in_full: bool = True) -> PassageRow:
    marks = passage.marks  # found anew at each call
    snippet = snippet_of(passage.text, marks)
    return PassageRow(
        reference=short_reference(passage.media_type, passage.page, passage.page_label),
        label=heading_of(passage.media_type, passage.page_label),
        section=passage.section,
        snippet=marked(snippet.text, snippet.marks),
        full=marked(passage.text, marks) if in_full else SafeString(),
        url=source_url(passage),
    )


def question_words(question: str, language: Language) -> dict[str, str]:
    """The words that are looked for, as the reader wrote them, by what they are to the index."""
    words: dict[str, str] = {}
    for start, end in matched_spans(question, question, language):
        written = question[start:end]
        for word in words_of(written, language):
            words.setdefault(word.term, written)
    words.pop("", None)
    return words


def nearest(
    found: Sequence[FoundPassage], question: str, language: Language, as_of: date | None = None
) -> list[NearPassage]:
    wanted = question_words(question, language)
    return [
        NearPassage(
            title=passage.title,
            stood=_stood(passage, as_of),
            row=_row(passage),
            missing=_missing(passage, wanted, language),
        )
        for passage in found[:SHOWN_NEAREST]
    ]


def _missing(
    passage: FoundPassage, wanted: Mapping[str, str], language: Language
) -> tuple[str, ...]:
    held = {word.term for word in words_of(passage.found_by, language)}
    return tuple(dict.fromkeys(word for term, word in wanted.items() if term not in held))
