"""Other wordings of parts of a question: acronyms and what they stand for, synonyms.

A glossary is looked up by stems, so that “jours de repos” is found in “jour de repos”. An acronym
that is spelt like a word of grammar (CET, PAS) is found where the question has it in capitals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ai.lexical.language import detect_language
from ai.lexical.words import Language, words_of

_CAPITALS = re.compile(r"\b[^\W\d_]{2,}\b")
# Of one question; a glossary that says more about it says nothing.
MAX_REWORDINGS = 20

Terms = tuple[str, ...]


class Wording(NamedTuple):
    text: str
    language: Language


@dataclass(frozen=True, slots=True)
class Rewording:
    """A part of a question, and what else it could say there."""

    terms: frozenset[str]  # of the question, without its words of grammar
    alternatives: tuple[Wording, ...]


class Entry(NamedTuple):
    term: str
    expansions: tuple[str, ...]
    language: Language  # where the wording itself does not tell


@dataclass(slots=True)
class Glossary:
    """Entries to look up in questions: a term stands for each of its expansions, an expansion
    for its term, but not for the other expansions: “AT” may be two different things."""

    entries: tuple[Entry, ...]
    _by_language: dict[Language, dict[str, list[tuple[Terms, int, bool]]]] = field(
        default_factory=dict
    )

    def rewordings(self, question: str, language: Language) -> list[Rewording]:
        """Longest wordings first: inside one that was found no shorter one is looked for."""
        said = _sequence(question, language)
        by_first = self._index(language)
        found = sorted(
            (
                (len(terms), place, entry, is_term)
                for place, first in enumerate(said)
                for terms, entry, is_term in by_first.get(first, ())
                if said[place : place + len(terms)] == terms
            ),
            key=lambda match: (-match[0], match[1:]),
        )
        taken: dict[int, Terms] = {}
        kept = []
        for length, place, entry, is_term in found:
            terms = said[place : place + length]
            places = range(place, place + length)
            # Several entries may share a wording.
            if any(taken.get(one, terms) != terms for one in places):
                continue
            taken.update(dict.fromkeys(places, terms))
            if alternatives := self._alternatives(entry, is_term, said, language):
                kept.append(Rewording(frozenset(terms), alternatives))
        return kept[:MAX_REWORDINGS]

    def _alternatives(
        self, entry: int, is_term: bool, said: Terms, language: Language
    ) -> tuple[Wording, ...]:
        """What the question does not say already."""
        term, expansions, usual = self.entries[entry]
        return tuple(
            Wording(text, detect_language(text, default=usual))
            for text in (expansions if is_term else (term,))
            if not _within(_sequence(text, language), said)
        )

    def _index(self, language: Language) -> dict[str, list[tuple[Terms, int, bool]]]:
        known = self._by_language.get(language)
        if known is None:
            known = {}
            for number, entry in enumerate(self.entries):
                for at, wording in enumerate((entry.term, *entry.expansions)):
                    if terms := _sequence(wording, language):
                        known.setdefault(terms[0], []).append((terms, number, at == 0))
            self._by_language[language] = known
        return known


def can_be_found(wording: str, language: Language) -> bool:
    """Whether there is anything in it that a question could be found to say."""
    return bool(_sequence(wording, language))


def _sequence(text: str, language: Language) -> Terms:
    """Stems in their order, and words of grammar in capitals as they are."""
    shouted = text.isupper() and len(text.split()) > 2
    terms: list[str] = []
    end = 0
    for match in _CAPITALS.finditer(text):
        word = match.group()
        if shouted or not word.isupper() or words_of(word, language):
            continue
        terms += _stems(text[end : match.start()], language)
        terms.append(f"={word}")
        end = match.end()
    return (*terms, *_stems(text[end:], language))


def _stems(text: str, language: Language) -> Iterable[str]:
    return (word.term for word in words_of(text, language))


def _within(terms: Terms, said: Terms) -> bool:
    return not terms or any(
        said[place : place + len(terms)] == terms for place in range(len(said) - len(terms) + 1)
    )
