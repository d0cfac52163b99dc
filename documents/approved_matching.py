"""Whether two questions ask the same, by their words: no model is needed.

A question falls into parts: what it is about (content), words that most questions share (light),
how it asks (who, when, how many ...), its numbers, and the small words that turn a meaning (not,
without, before). Two questions match where numbers, turning words and the way of asking agree, no
content word of either is without its counterpart in the other, and the weighted share of what they
have in common reaches THRESHOLD. Each of these refuses rather than
guesses: an answer that is not served costs a search, a wrong one costs trust.

Calibrated on documents/tests/wordings.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ai.lexical import words_of
from ai.lexical.words import folded, raw_words
from documents.approved_words import ASKING, COURTESY, LIGHT, NUMBERS, OPENING, TURNING

THRESHOLD = 0.85
# Below it, meaning by vectors is not asked either.
FLOOR = 0.35
LIGHT_WEIGHT = 0.15
ASKING_WEIGHT = 0.3
# These must be said by both: bare words ask neither who nor when.
STRICT = frozenset({"who", "when", "where", "why", "count", "duration"})
# A derived word begins like its root: “télétravail”, “télétravailler”.
_ROOT_LETTERS = 7
_ROOT_SHARE = 0.75
# In shorter words a typing error may be another word.
_TYPED_LETTERS = 6
# The way of asking stands at the beginning; “l’agent qui part” asks nothing.
_FIRST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Wording:
    plain: tuple[str, ...]  # all words without accents
    content: Mapping[str, str]  # stem: the word as it was written
    light: frozenset[str]
    asks: str  # "" where it does not say
    numbers: tuple[str, ...]
    turns: frozenset[str]


@dataclass(frozen=True, slots=True)
class Likeness:
    score: float  # 0 to 1
    is_same: bool
    # Words without counterpart, of the one and of the other; None where numbers, turning words
    # or the way of asking forbid a match whatever the rest says.
    apart: tuple[frozenset[str], frozenset[str]] | None


DIFFERENT = Likeness(0.0, is_same=False, apart=None)


@lru_cache(maxsize=8_192)
def wording_of(text: str, language: str) -> Wording:
    raw = [word for word in raw_words(text) if folded(word) not in COURTESY]
    plain = tuple(folded(word) for word in raw)
    asks, opening = _asks(raw)
    content, light = _terms((*raw[: opening.start], *raw[opening.stop :]), language)
    return Wording(
        plain=plain,
        content=content,
        light=light,
        asks=asks,
        numbers=tuple(NUMBERS.get(word, word) for word in plain if _is_number(word)),
        turns=_turns(plain),
    )


def _asks(raw: list[str]) -> tuple[str, slice]:
    """How it asks and which words say so: the first ones, else a noun (“the number of”)."""
    for at in range(min(_FIRST_WORDS, len(raw))):
        for length in (3, 2, 1):
            if asks := OPENING.get(" ".join(raw[at : at + length])):
                return asks, slice(at, at + length)
    said = (ASKING[plain] for word in raw if (plain := folded(word)) in ASKING)
    return next(said, ""), slice(0, 0)


def _terms(raw: Iterable[str], language: str) -> tuple[dict[str, str], frozenset[str]]:
    content: dict[str, str] = {}
    light = set()
    for word in raw:
        plain = folded(word)
        if plain in LIGHT:
            light.add(LIGHT[plain])
        elif not (_is_number(plain) or plain in ASKING):
            content.update((each.term, word) for each in words_of(word, language))
    return content, frozenset(light)


def _is_number(word: str) -> bool:
    return word in NUMBERS or any(c.isdigit() for c in word)


def _turns(plain: tuple[str, ...]) -> frozenset[str]:
    found = {TURNING[word] for word in plain if word in TURNING}
    negated = any(b == "t" and a.endswith("n") for a, b in pairwise(plain))
    return frozenset(found | {"not"} if negated else found)


def likeness(one: Wording, other: Wording) -> Likeness:
    """Symmetric."""
    if one.plain and one.plain == other.plain:
        return Likeness(1.0, is_same=True, apart=(frozenset(), frozenset()))
    if one.numbers != other.numbers or one.turns != other.turns:
        return DIFFERENT
    if one.asks != other.asks and ((one.asks and other.asks) or {one.asks, other.asks} & STRICT):
        return DIFFERENT
    apart = (_without(one.content, other), _without(other.content, one))
    common = len(one.content) - len(apart[0])
    asks = [{wording.asks} - {""} for wording in (one, other)]
    light = (one.light, other.light)
    shared = (
        common + LIGHT_WEIGHT * len(light[0] & light[1]) + ASKING_WEIGHT * len(asks[0] & asks[1])
    )
    all_ = shared + len(apart[0]) + len(apart[1])
    all_ += LIGHT_WEIGHT * len(light[0] ^ light[1]) + ASKING_WEIGHT * len(asks[0] ^ asks[1])
    score = shared / all_ if all_ else 0.0
    is_same = common > 0 and not any(apart) and score >= THRESHOLD
    return Likeness(score, is_same=is_same, apart=apart)


def _without(content: Mapping[str, str], other: Wording) -> frozenset[str]:
    return frozenset(
        word
        for term, word in content.items()
        if not any(_same(term, known) for known in other.content)
    )


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _TYPED_LETTERS:
        return False
    if _single(one) == _single(other) or _swapped(one, other):
        return True
    is_root = len(shorter) >= max(_ROOT_LETTERS, _ROOT_SHARE * len(longer))
    return is_root and longer.startswith(shorter)


def _single(word: str) -> str:
    """Without doubled letters: “comission”."""
    return "".join(c for at, c in enumerate(word) if at == 0 or c != word[at - 1])


def _swapped(one: str, other: str) -> bool:
    """Whether two neighbouring letters have changed places."""
    differing = [at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]]
    if len(one) != len(other) or len(differing) != 2 or differing[1] != differing[0] + 1:
        return False
    first, second = differing
    return one[first] == other[second] and one[second] == other[first]
