"""What a search found, as the results page shows it. Values only: no query is made here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString

from ai.lexical import Language, matched_spans, words_of
from chat.passages import source_url
from chat.snippets import snippet_of
from documents.kinds import extent, heading_of, icon_of, key_of, label_of, short_reference
from documents.models import Corpus, DocumentVersion
from documents.reading import marked
from documents.retrieval import FoundPassage
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
    row: PassageRow
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A box of a facet. `count` is of what was found; None: not searched, so not known."""

    value: str
    label: str
    count: int | None
    checked: bool


def groups_of(
    found: Iterable[FoundPassage], versions: Mapping[UUID, DocumentVersion]
) -> list[DocumentGroup]:
    """Documents in the order of their best passage."""
    by_document: dict[UUID, list[FoundPassage]] = {}
    for passage in found:
        by_document.setdefault(passage.document, []).append(passage)
    return [_group(passages, versions) for passages in by_document.values()]


def _group(passages: list[FoundPassage], versions: Mapping[UUID, DocumentVersion]) -> DocumentGroup:
    first = passages[0]
    version = versions.get(first.version)
    return DocumentGroup(
        title=first.title,
        corpus=first.corpus_name,
        extent=(
            extent(version.media_type, version.page_count)
            if version
            else label_of(first.media_type)
        ),
        icon=icon_of(first.media_type),
        updated_at=version.finished_at if version else None,
        validity=validity_note(first.standing.valid_from, first.standing.valid_until),
        url=reverse("documents:source", args=[first.document]),
        shown=tuple(_row(passage) for passage in passages[:SHOWN_PER_DOCUMENT]),
        more=tuple(_row(passage, in_full=False) for passage in passages[SHOWN_PER_DOCUMENT:]),
    )


def _row(passage: FoundPassage, *, in_full: bool = True) -> PassageRow:
    snippet = snippet_of(passage.text, passage.marks)
    return PassageRow(
        reference=short_reference(passage.media_type, passage.page, passage.page_label),
        label=heading_of(passage.media_type, passage.page_label),
        section=passage.section,
        snippet=marked(snippet.text, snippet.marks),
        full=marked(passage.text, passage.marks) if in_full else SafeString(),
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


def nearest(found: Iterable[FoundPassage], question: str, language: Language) -> list[NearPassage]:
    wanted = question_words(question, language)
    return [_near(passage, wanted, language) for passage in list(found)[:SHOWN_NEAREST]]


def _near(passage: FoundPassage, wanted: Mapping[str, str], language: Language) -> NearPassage:
    held = {word.term for word in words_of(passage.found_by, language)}
    missing = dict.fromkeys(word for term, word in wanted.items() if term not in held)
    return NearPassage(title=passage.title, row=_row(passage), missing=tuple(missing))


def corpus_choices(
    found: Iterable[FoundPassage], corpora: Iterable[Corpus], chosen: Collection[UUID]
) -> list[Choice]:
    counts = Counter(passage.corpus for passage in found)
    return [
        Choice(
            value=corpus.slug,
            label=corpus.name,
            count=counts[corpus.pk] if not chosen or corpus.pk in chosen else None,
            checked=corpus.pk in chosen,
        )
        for corpus in corpora
    ]


def type_choices(
    found: Iterable[FoundPassage], media_types: Iterable[str], chosen: Collection[str]
) -> list[Choice]:
    counts = Counter(passage.media_type for passage in found)
    return [
        Choice(
            value=key_of(media_type),
            label=label_of(media_type),
            count=counts[media_type] if not chosen or media_type in chosen else None,
            checked=media_type in chosen,
        )
        for media_type in media_types
    ]
