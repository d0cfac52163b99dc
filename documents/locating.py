"""Where words that somebody quotes, or says in other words, stand in a passage."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ai.lexical import Language, detect_language, words_of
from ai.providers.sentences import sentence_spans
from documents.folding import Folded, fold

Span = tuple[int, int]

# What a quotation leaves out.
_ELLIPSIS = re.compile(r"\[?\s*(?:…|\.{3,})\s*\]?")
# Fewer letters stand anywhere.
_FEWEST_LETTERS = 3
# Of a claim's words, how many a sentence must hold to be what it rests on; figures count double,
# because a sentence that speaks of the same with another number is not the one.
ENOUGH = 0.4
_FEWEST_WORDS = 2
_FIGURE_WEIGHT = 2.0
# What a second sentence must add of them to be marked with the first.
_WORTH_ADDING = 0.2
# The end of the sentence belongs to it, though only letters are compared.
_PUNCTUATION = re.compile(r"[^\w\s]*")


def find_quote(quote: str, text: str) -> list[Span]:
    """The quoted words in `text`, one span for each part between ellipses; empty where one of
    them is not there. Spaces, hyphens, quotation marks, accents and case may differ."""
    folded = fold(text)
    spans: list[Span] = []
    after = 0
    for part in _ELLIPSIS.split(quote):
        letters = fold(part).letters
        if not letters:
            continue
        at = folded.letters.find(letters, after) if len(letters) >= _FEWEST_LETTERS else -1
        if at < 0:
            return []
        after = at + len(letters)
        spans.append(_span(folded, text, at, after))
    return spans


def _span(folded: Folded, text: str, first: int, last: int) -> Span:
    start, end = folded.span(first, last)
    closing = _PUNCTUATION.match(text, end)
    return start, closing.end() if closing else end


def best_sentences(claim: str, text: str) -> list[Span]:
    """The sentence of `text` that holds most of the claim's words, and a second one where it adds
    to them; empty where none holds enough."""
    language = detect_language(text)
    wanted = {term: _weight(term) for term in _terms(claim, language)}
    held = {
        (start, end): _terms(text[start:end], language) & wanted.keys()
        for start, end in sentence_spans(text)
    }
    if len(wanted) < _FEWEST_WORDS or not held:
        return []
    whole = sum(wanted.values())

    def share(terms: Iterable[str]) -> float:
        return sum(wanted[term] for term in terms) / whole

    best = max(held, key=lambda span: share(held[span]))
    second = max(held, key=lambda span: share(held[span] | held[best]))
    added = held[second] - held[best]
    is_worth_it = len(added) >= _FEWEST_WORDS and share(added) >= _WORTH_ADDING
    chosen = {best, second} if is_worth_it else {best}
    together = frozenset[str]().union(*(held[span] for span in chosen))
    enough = share(together) >= ENOUGH and len(together) >= _FEWEST_WORDS
    return sorted(chosen) if enough else []


def _terms(text: str, language: Language) -> frozenset[str]:
    return frozenset(word.term for word in words_of(text, language) if word.term)


def _weight(term: str) -> float:
    return _FIGURE_WEIGHT if any(character.isdigit() for character in term) else 1.0
