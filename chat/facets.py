"""What a search was narrowed to and can be: the boxes beside the results, and their addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from chat.filters import Filters
from documents.indexing import outermost
from documents.kinds import KEYS, key_of, label_of
from documents.models import Corpus, Language
from documents.retrieval import FoundPassage

# Of documents and sections only those found can be offered, the most frequent first.
MOST_OFFERED = 8

Pairs = Sequence[tuple[str, str]]  # names and values of an address


@dataclass(frozen=True, slots=True)
class Choice:
    """A box of a facet. `count` is of what was found; None: not searched, so not known."""

    value: str
    label: str | Promise
    count: int | None
    checked: bool


@dataclass(frozen=True, slots=True)
class Facet:
    name: str  # in the address
    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """Something that was chosen, and the address without it."""

    label: str | Promise
    url: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a reader has chosen, of what is open to them."""

    question: str
    corpora: tuple[Corpus, ...] = ()
    documents: Mapping[UUID, str] = field(default_factory=dict)  # their titles
    types: tuple[str, ...] = ()  # keys
    languages: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    as_of: date | None = None

    @classmethod
    def of(cls, question: str, corpora: Iterable[Corpus], filters: Filters) -> Chosen:
        """What was asked once; without the titles of documents, which an address has not."""
        return cls(
            question=question,
            corpora=tuple(corpora),
            documents=dict.fromkeys(filters.documents, ""),
            types=tuple(key_of(media_type) for media_type in filters.media_types),
            languages=filters.languages,
            sections=filters.sections,
            as_of=filters.as_of,
        )

    @property
    def filters(self) -> Filters:
        return Filters(
            media_types=tuple(sorted(KEYS[key] for key in self.types)),
            documents=tuple(self.documents),
            languages=self.languages,  # type: ignore[arg-type]  # SearchForm lets no other through
            sections=self.sections,
            as_of=self.as_of,
        )

    @property
    def kept(self) -> list[tuple[str, str]]:
        """As the address has it, without the question."""
        kept = [
            *(("corpus", corpus.slug) for corpus in self.corpora),
            *(("document", str(pk)) for pk in self.documents),
            *(("type", key) for key in self.types),
            *(("language", language) for language in self.languages),
            *(("section", section) for section in self.sections),
        ]
        return [*kept, ("as_of", self.as_of.isoformat())] if self.as_of else kept

    @property
    def chips(self) -> list[Chip]:
        kept = self.kept
        labels = {
            **{("corpus", corpus.slug): corpus.name for corpus in self.corpora},
            **{("document", str(pk)): title for pk, title in self.documents.items()},
        }
        return [
            Chip(
                label=labels.get(pair) or label_of_filter(*pair),
                url=self.address([other for other in kept if other != pair]),
            )
            for pair in kept
        ]

    def address(self, kept: Pairs | None = None) -> str:
        pairs = [("q", self.question), *(self.kept if kept is None else kept)]
        return f"{reverse('chat:search')}?{urlencode(pairs)}"


def label_of_filter(name: str, value: str) -> str | Promise:
    """What a filter is called whose value says all there is to say."""
    match name:
        case "type":
            return label_of(KEYS[value])
        case "language":
            return Language(value).label
        case "as_of":
            return _("As it stood on %(day)s") % {"day": date_format(date.fromisoformat(value))}
    return value


def facets_of(
    chosen: Chosen,
    found: Iterable[FoundPassage],
    corpora: Iterable[Corpus],
    media_types: Iterable[str],
) -> list[Facet]:
    """`corpora` and `media_types`: all that there are to choose from."""
    found, corpora = list(found), list(corpora)
    facets = [
        _corpora(chosen, found, corpora),
        _documents(chosen, found),
        _facet(
            *("type", _("Type of document")),
            {key_of(media_type): label_of(media_type) for media_type in media_types},
            Counter(key_of(each.media_type) for each in found),
            chosen.types,
        ),
        _facet(
            *("language", _("Language")),
            dict(Language.choices),
            Counter(each.language for each in found),
            chosen.languages,
            offered=len(Language),
        ),
        _sections(chosen, found),
    ]
    return [facet for facet in facets if facet.choices]


def _corpora(chosen: Chosen, found: Iterable[FoundPassage], corpora: Iterable[Corpus]) -> Facet:
    slugs = {corpus.pk: corpus.slug for corpus in corpora}
    return _facet(
        *("corpus", _("Corpus")),
        {corpus.slug: corpus.name for corpus in corpora},
        Counter(slugs.get(each.corpus, "") for each in found),
        [corpus.slug for corpus in chosen.corpora],
    )


def _documents(chosen: Chosen, found: Iterable[FoundPassage]) -> Facet:
    titles = {**chosen.documents, **{each.document: each.title for each in found}}
    return _facet(
        *("document", _("Document")),
        {str(pk): title for pk, title in titles.items()},
        Counter(str(each.document) for each in found),
        [str(pk) for pk in chosen.documents],
        offered=MOST_OFFERED,
    )


def _sections(chosen: Chosen, found: Iterable[FoundPassage]) -> Facet:
    sections = [section for each in found if (section := outermost(each.section))]
    return _facet(
        *("section", _("Section")),
        {section: section for section in (*chosen.sections, *sections)},
        Counter(sections),
        chosen.sections,
        offered=MOST_OFFERED,
    )


def _facet(
    name: str,
    label: str,
    labels: Mapping[str, Any],
    counts: Counter[str],
    chosen: Sequence[str],
    *,
    offered: int | None = None,
) -> Facet:
    """`offered`: so many of those found, and none where there is but one; else all of `labels`."""
    if offered is None:
        values = list(labels)
    else:
        others = [each for each, _n in counts.most_common() if each in labels.keys() - chosen]
        values = [*chosen, *others[: max(0, offered - len(chosen))]]
        values = values if chosen or len(values) > 1 else []
    choices = (
        Choice(
            value=value,
            label=labels.get(value, value),
            count=counts[value] if not chosen or value in chosen else None,
            checked=value in chosen,
        )
        for value in values
    )
    return Facet(name=name, label=label, choices=tuple(choices))
