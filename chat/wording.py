"""Which words of its passage a citation rests on: those that the answer quotes, else the sentences
that say what it says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from chat.frames import PassageView
from chat.passages import cited_url
from documents.locating import best_sentences, find_quote

Span = tuple[int, int]

_MARKERS = re.compile(r"(?:[ \u00a0\u202f]?\[\d{1,3}\])+")
_NUMBER = re.compile(r"\d+")
_SENTENCE_END = re.compile(r"(?<=[.!?…»”\"])\s+(?=\S)")
_QUOTED = re.compile(r"«([^«»]{3,})»|“([^“”]{3,})”|\"([^\"]{3,})\"|„([^„“]{3,})“")
# A text of nothing but this makes no claim of its own.
_WORD = re.compile(r"\w{2,}")
# Marks that nearly touch are one.
_NEAR = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """What an answer says right before its marker, and how its sentence goes on behind it."""

    numbers: tuple[int, ...]
    text: str
    behind: str

    @property
    def quotes(self) -> list[str]:
        """The words between quotation marks, before the marker or else behind it."""
        for text in (self.text, self.behind):
            found = ["".join(groups) for groups in _QUOTED.findall(text)]
            if found:
                return found
        return []


def claims_of(answer: str) -> Iterator[Claim]:
    """Each marker, or row of markers, with its claim, in the order of the text."""
    for line in answer.split("\n"):
        at, before = 0, ""
        markers = list(_MARKERS.finditer(line))
        for place, marker in enumerate(markers):
            following = markers[place + 1].start() if place + 1 < len(markers) else len(line)
            sentences = _SENTENCE_END.split(line[at : marker.start()])
            said = [sentence for sentence in sentences if _WORD.search(sentence)]
            before = said[-1] if said else before
            behind, *more = _SENTENCE_END.split(line[marker.end() : following])
            if following < len(line) and not more:  # it is said before the next marker
                behind = ""
            numbers = tuple(int(number) for number in _NUMBER.findall(marker[0]))
            yield Claim(numbers, before, behind)
            at = marker.end()


def with_cited_words(
    answer: str, passages: Sequence[PassageView], cited: Collection[int]
) -> tuple[PassageView, ...]:
    """The passages, those cited with the words that they are cited for, and the address that
    marks these; an empty `cited` where the wording was not found."""
    claims = list(claims_of(answer))
    return tuple(
        _narrowed(passage, [claim for claim in claims if passage.number in claim.numbers])
        if passage.number in cited
        else passage
        for passage in passages
    )


def _narrowed(passage: PassageView, claims: Iterable[Claim]) -> PassageView:
    found = sorted(span for claim in claims for span in _located(claim, passage.text))
    spans = tuple((passage.start + start, passage.start + end) for start, end in _joined(found))
    return msgspec.structs.replace(passage, cited=spans, url=cited_url(passage, spans))


def _located(claim: Claim, text: str) -> list[Span]:
    quoted = [span for quote in claim.quotes for span in find_quote(quote, text)]
    return quoted or best_sentences(claim.text, text)


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """In order and apart."""
    held: Span | None = None
    for start, end in spans:
        if held is not None and start <= held[1] + _NEAR:
            held = (held[0], max(held[1], end))
            continue
        if held is not None:
            yield held
        held = (start, end)
    if held is not None:
        yield held
