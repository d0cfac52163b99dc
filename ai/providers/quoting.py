"""The quoting assistant: answers without a language model, with the best sentences as they are.

It goes through the same port and the same stream as a language model, so that an installation
without one shows the whole way of an answer.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import override

from ai.errors import ModelRequestRefused
from ai.lexical.language import detect_language
from ai.lexical.words import Language, words_of
from ai.ports import ChatRequest, Finished, ModelEvent, SourcePassage, TextDelta
from ai.providers.sentences import sentence_spans

MAX_SENTENCES = 4
# A further sentence must be nearly as good as the best one, and say something else.
_GOOD_ENOUGH = 0.55
_TOO_ALIKE = 0.75
# Fewer words are a heading or a scrap: it names the subject and says nothing about it.
_MIN_WORDS = 5
# A sentence that the passage's edge has cut, or a line without an end, reads badly.
_CUT_PENALTY = 0.6
# How much less each passage weighs than the one before it: the search has ranked them.
_RANK_DECAY = 0.12
# Sentences that share no word of their own with the question: the first ones say most.
_MAX_BY_HEADING = 2
_PATH = " › "
# BM25's length normalisation, on words of a sentence.
_LENGTH_WEIGHT = 0.25
# What a sentence with markers of its own cites is not ours, and could be taken for it.
_MARKER = re.compile(r"\[\s*\d[\d\s,;–-]*\]")
_PIECE = re.compile(r"\S+\s*|\s+")
_QUOTATION_MARKS = {"fr": ("«\u00a0", "\u00a0»"), "en": ("“", "”")}


class Quote(NamedTuple):
    passage: int  # the number by which it is cited
    text: str
    heading: str = ""  # what it is about, where the sentence does not say so itself


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    source: SourcePassage
    rank: int  # the place of its passage
    terms: frozenset[str]
    above: frozenset[str]  # terms of the headings that no sentence of its passage says
    words: int


class QuotingAssistant:
    is_language_model = False

    def __init__(self, *, stands_in: bool = False) -> None:
        """`stands_in` for a language model that is configured and does not answer."""
        self.name = "quoting"
        self._stands_in = stands_in

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ModelEvent, None]:
        for piece in _PIECE.findall(quoted_answer(request, stands_in=self._stands_in)):
            yield TextDelta(piece)
            await asyncio.sleep(0)  # others' turn: stopping works here too
        yield Finished("stop")

    async def complete(self, prompt: str, *, max_tokens: int) -> str:
        raise ModelRequestRefused(cause="the quoting assistant writes nothing of its own")


def quoted_answer(request: ChatRequest, *, stands_in: bool = False) -> str:
    sentences = best_sentences(request.question, request.passages, request.language)
    opening, closing = _QUOTATION_MARKS[request.language]
    with override(request.language):  # the question's language, not the page's
        if not sentences:
            return _("I found nothing about this in the documents.")
        lead = _("This is what the documents say:")
        end = _("No language model is configured, so these are quotations.")
        if stands_in:
            end = _("The language model does not answer just now, so these are quotations.")
        quotes = [
            f"- {_lead_of(quote)}{opening}{quote.text}{closing} [{quote.passage}]"
            for quote in sentences
        ]
    return "\n".join([lead, "", *quotes, "", end])


def _lead_of(quote: Quote) -> str:
    return _("%(heading)s: ") % {"heading": quote.heading} if quote.heading else ""


def best_sentences(
    question: str, passages: Sequence[SourcePassage], language: Language
) -> list[Quote]:
    """Up to four, best first; one at least where there is a passage with a sentence, because the
    search has found it near the question."""
    sentences = [
        sentence
        for rank, passage in enumerate(passages)
        for sentence in _sentences_of(passage, rank, language)
    ]
    if not sentences:
        return []
    # The question's words as each language's stemmer makes them: passages may be in either.
    wanted = _terms(question, "fr") | _terms(question, "en")
    if not any((sentence.terms | sentence.above) & wanted for sentence in sentences):
        first = next((sentence for sentence in sentences if _form(sentence) == 1), sentences[0])
        return [Quote(first.source.number, first.text)]
    scores = _scores(sentences, wanted)
    ranked = sorted(sentences, key=lambda sentence: -scores[sentence])
    chosen = [ranked[0]]
    floor = _GOOD_ENOUGH * scores[ranked[0]]
    for sentence in ranked[1:]:
        if len(chosen) == MAX_SENTENCES or scores[sentence] < floor:
            break
        if _adds(sentence, chosen, wanted):
            chosen.append(sentence)
    return [_quote(sentence, wanted) for sentence in chosen]


def _adds(sentence: _Sentence, chosen: Sequence[_Sentence], wanted: frozenset[str]) -> bool:
    if any(_likeness(sentence, other) >= _TOO_ALIKE for other in chosen):
        return False
    if sentence.terms & wanted:
        return True
    # Only its heading speaks of it: it goes on with one of which the same is true, or not at all.
    best = chosen[0]
    follows = sentence.source == best.source and not best.terms & wanted
    return follows and len(chosen) < _MAX_BY_HEADING


def _quote(sentence: _Sentence, wanted: frozenset[str]) -> Quote:
    heading = sentence.source.section.split(_PATH)[-1].strip()
    needed = sentence.above & wanted and not _MARKER.search(heading)
    return Quote(sentence.source.number, sentence.text, heading if needed else "")


def _sentences_of(passage: SourcePassage, rank: int, default: Language) -> Iterable[_Sentence]:
    language = detect_language(passage.text, default)
    spans = (passage.text[start:end] for start, end in sentence_spans(passage.text))
    found = [(text, _terms(text, language)) for text in spans if not _MARKER.search(text)]
    said = frozenset[str]().union(*(terms for text, terms in found if not _is_scrap(text)))
    # Not the title: it stands above all of a file, and with it fewer words of the gold answers of
    # contoso-hr-pdf were quoted (0.46 against 0.49).
    above = _terms(passage.section, language) - said
    return [
        _Sentence(
            text=text, source=passage, rank=rank, terms=terms, above=above, words=len(text.split())
        )
        for text, terms in found
    ]


def _is_scrap(text: str) -> bool:
    return len(text.split()) < _MIN_WORDS


def _terms(text: str, language: Language) -> frozenset[str]:
    return frozenset(word.term for word in words_of(text, language))


def _scores(sentences: list[_Sentence], wanted: frozenset[str]) -> dict[_Sentence, float]:
    """The headings above a passage count as one more sentence, so that a word which stands in
    them alone is as rare as it is, however long the passage."""
    headings = {s.source.number: s.above for s in sentences if s.above}
    frequency = Counter(term for sentence in sentences for term in sentence.terms & wanted)
    frequency.update(term for terms in headings.values() for term in terms & wanted)
    count = len(sentences) + len(headings)
    rarity = {term: math.log(1 + (count - n + 0.5) / (n + 0.5)) for term, n in frequency.items()}
    average = sum(sentence.words for sentence in sentences) / len(sentences)
    return {sentence: _score(sentence, rarity, average) for sentence in sentences}


def _score(sentence: _Sentence, rarity: dict[str, float], average: float) -> float:
    matched = sum(rarity[term] for term in sentence.terms if term in rarity)
    above = sum(rarity[term] for term in sentence.above if term in rarity)
    length = 1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * sentence.words / average
    return _form(sentence) * (matched / length + above) / (1 + _RANK_DECAY * sentence.rank)


def _form(sentence: _Sentence) -> float:
    """1 for a whole sentence, less for what reads badly on its own."""
    form = _CUT_PENALTY**2 if _is_scrap(sentence.text) else 1.0
    if sentence.text[0].islower():
        form *= _CUT_PENALTY
    if not sentence.text.endswith((".", "!", "?", "…", "»", "”")):
        form *= _CUT_PENALTY
    return form


def _likeness(one: _Sentence, other: _Sentence) -> float:
    either = one.terms | other.terms
    return len(one.terms & other.terms) / len(either) if either else 1.0
