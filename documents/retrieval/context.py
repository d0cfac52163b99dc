"""What of a search a model is given to read: each thing once, with what stands around it.

Folded: a passage that says what a better one says already, on the same page or in a near-copy of
the document. Spread: no document takes all the places while others are nearly as good. Joined:
neighbours on one page and in one section become one passage, and the room that is left over goes
to the neighbours of the best. A passage never leaves its page, so that a citation names one.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from uuid import UUID

from accounts.models import User
from documents.hits import Span, surroundings_readable_by
from documents.retrieval.results import AlsoIn, FoundPassage, SearchResult

# Longest joined passage: two or three chunks of the usual size.
JOINED_CHARACTERS = 2_400
# Of a model's prompt: a token is about three characters, in French figures and tables too.
CHARACTERS_PER_TOKEN = 3

# Runs of words that two texts share, of the shorter one's.
_SAME_SHARE = 0.9
_RUN = 4
# Of the best score. Measured: at 0.8 a set of long documents lost five points of a hundred.
_NEARLY_AS_GOOD = 0.9
# Copies of one passage that are named.
_ALSO_NAMED = 5
# So many candidates for each place: the others are too far down.
_CANDIDATES = 4

_WORD = re.compile(r"\w+")


def passages_to_read(
    user: User, result: SearchResult, *, count: int, characters: int | None = None
) -> tuple[FoundPassage, ...]:
    """At most `count` of what was found, best first, in `characters` all told.

    Passages grow by their neighbours where `characters` says how much room there is; the first
    one stays however long it is. Two queries, whatever is found.
    """
    candidates = spread(fold(result.passages[: count * _CANDIDATES]), count)
    if not candidates:
        return ()
    pages = _Surroundings(user, candidates)
    chosen = _joined(candidates, pages, count)
    if characters is not None:
        chosen = _grown(_fitting(chosen, characters), pages, characters)
    return tuple(chosen)


def fold(passages: Iterable[FoundPassage]) -> list[FoundPassage]:
    """The passages without those that a better one makes superfluous; it says where they are."""
    kept: list[FoundPassage] = []
    for passage in passages:
        place = next((n for n, better in enumerate(kept) if _same(better, passage)), None)
        if place is None:
            kept.append(passage)
        else:
            kept[place] = _also_in(kept[place], passage)
    return kept


def _also_in(kept: FoundPassage, copy: FoundPassage) -> FoundPassage:
    here = (kept.document, kept.page)
    known = {(one.document, one.page) for one in kept.also_in}
    if (copy.document, copy.page) in {here, *known} or len(known) == _ALSO_NAMED:
        return kept
    other = AlsoIn(
        document=copy.document,
        version=copy.version,
        title=copy.title,
        media_type=copy.media_type,
        page=copy.page,
        page_label=copy.page_label,
    )
    return replace(kept, also_in=(*kept.also_in, other))


def spread(passages: Sequence[FoundPassage], count: int) -> list[FoundPassage]:
    """In their order, except that where a document has half of the places, what is nearly as good
    as the best and of other documents goes before the rest of it."""
    if not passages:
        return []
    share = max(2, math.ceil(count / 2))
    enough = max(passage.score for passage in passages) * _NEARLY_AS_GOOD
    taken: Counter[UUID] = Counter()
    first: list[FoundPassage] = []
    later: list[FoundPassage] = []
    for passage in passages:
        taken[passage.document] += 1
        good = passage.score >= enough and taken[passage.document] <= share
        (first if good else later).append(passage)
    return first + later


def _same(better: FoundPassage, other: FoundPassage) -> bool:
    if (better.version, better.page) == (other.version, other.page):
        return better.start <= other.start and other.end <= better.end
    # What differs in a figure or a date is another rule, not a copy.
    if _figures(better.text) != _figures(other.text):
        return False
    ours, theirs = _runs(better.text), _runs(other.text)
    return len(ours & theirs) >= _SAME_SHARE * max(len(ours), len(theirs))


@lru_cache(maxsize=512)
def _figures(text: str) -> tuple[str, ...]:
    return tuple(word for word in _WORD.findall(text) if any(c.isdigit() for c in word))


@lru_cache(maxsize=512)
def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return frozenset(tuple(words[n : n + _RUN]) for n in range(max(1, len(words) - _RUN + 1)))


class _Surroundings:
    """The pages that passages stand on, and where their neighbours begin and end."""

    def __init__(self, user: User, passages: Iterable[FoundPassage]) -> None:
        self._known = surroundings_readable_by(
            user, {(passage.version, passage.page) for passage in passages}
        )

    def text(self, passage: FoundPassage, span: Span) -> str | None:
        """None where the page has gone meanwhile."""
        text = self._known.texts.get((passage.version, passage.page))
        return None if text is None else text[span[0] : span[1]]

    def are_neighbours(self, left: FoundPassage, right: FoundPassage) -> bool:
        """On one page and in one section, with nothing but blanks between them."""
        if (left.version, left.page, left.section) != (right.version, right.page, right.section):
            return False
        first, last = (left, right) if left.start <= right.start else (right, left)
        between = self.text(first, (first.end, max(first.end, last.start)))
        return between is not None and not between.strip()

    def wider(self, passage: FoundPassage) -> Iterator[Span]:
        """The passage's span with its next neighbour, then with the one before it."""
        spans = self._known.spans.get(((passage.version, passage.page), passage.section), ())
        after = [end for start, end in spans if start > passage.start and end > passage.end]
        before = [start for start, end in spans if start < passage.start and end < passage.end]
        if after:
            yield passage.start, min(after)
        if before:
            yield max(before), passage.end


def _joined(
    candidates: Sequence[FoundPassage], pages: _Surroundings, count: int
) -> list[FoundPassage]:
    """The first `count`, neighbours joined: the places that this frees go to those behind."""
    chosen: list[FoundPassage] = []
    for passage in candidates:
        for place, known in enumerate(chosen):
            span = min(known.start, passage.start), max(known.end, passage.end)
            if span[1] - span[0] <= JOINED_CHARACTERS and pages.are_neighbours(known, passage):
                chosen[place] = _widened(known, span, pages)
                break
        else:
            if len(chosen) < count:
                chosen.append(passage)
    return chosen


def _fitting(passages: Sequence[FoundPassage], characters: int) -> list[FoundPassage]:
    """Best first; one that is too long for what is left makes room for the shorter ones."""
    kept: list[FoundPassage] = []
    for passage in passages:
        if not kept or len(passage.text) <= characters:
            kept.append(passage)
            characters -= len(passage.text)
    return kept


def _grown(
    passages: Sequence[FoundPassage], pages: _Surroundings, characters: int
) -> list[FoundPassage]:
    """What is left of `characters` goes to the neighbours of the best, then of the next."""
    left = characters - sum(len(passage.text) for passage in passages)
    grown = list(passages)
    for place in range(len(grown)):
        for _side in range(2):
            for span in pages.wider(grown[place]):
                more = span[1] - span[0] - len(grown[place].text)
                if span[1] - span[0] > JOINED_CHARACTERS or more > left:
                    continue
                if _covers_another(grown, place, span):
                    continue
                grown[place] = _widened(grown[place], span, pages)
                left -= more
                break
    return grown


def _covers_another(passages: Sequence[FoundPassage], place: int, span: Span) -> bool:
    """Whether another passage on the page says a part of it already."""
    own = passages[place]
    return any(
        other.start < span[1] and span[0] < other.end
        for n, other in enumerate(passages)
        if n != place and (other.version, other.page) == (own.version, own.page)
    )


def _widened(passage: FoundPassage, span: Span, pages: _Surroundings) -> FoundPassage:
    text = pages.text(passage, span)
    if text is None or len(text) != span[1] - span[0]:
        return passage
    return replace(passage, start=span[0], end=span[1], text=text)
