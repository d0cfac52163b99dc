"""French or English? Good enough on one line, where a statistical model has little to go by."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from ai.lexical.stop_words import ENGLISH, FRENCH
from ai.lexical.words import Language, folded, raw_words

# The language of a text shows in its first lines.
_ENOUGH_WORDS = 300

# Grammar of one language, subject of the other ("car insurance", "ton of steel").
_AMBIGUOUS = {"car", "ton", "sous", "pour", "main", "fait", "fut", "eu", "will", "own"}
_FRENCH_GRAMMAR = (FRENCH | {folded(word) for word in FRENCH}) - ENGLISH - _AMBIGUOUS
_ENGLISH_GRAMMAR = ENGLISH - _FRENCH_GRAMMAR - {folded(word) for word in FRENCH} - _AMBIGUOUS

_FRENCH_LETTERS = frozenset("éèêëàâçîïôùûÿ")
_FRENCH_ENDINGS = (
    *("eux", "eau", "aux", "eur", "eurs", "euse", "ique", "iques", "oir", "oire", "oires"),
    *(
        "aire",
        "aires",
        "uel",
        "uels",
        "elle",
        "elles",
        "ette",
        "ence",
        "ez",
        "iers",
        "ier",
        "iere",
        "age",
    ),
)
_ENGLISH_ENDINGS = (
    *("ing", "ings", "ly", "ght", "ck", "ness", "ty", "ry", "cy", "gy", "ny", "ee", "ees"),
    *("ful", "less", "ship", "hood", "ed", "ey", "ay", "ays", "ow"),
)
_ENGLISH_LETTERS = ("w", "k", "th", "sh", "oo", "ea")

# A word of grammar or an accent says more than an ending.
_SURE, _HINT = 1.0, 0.4


def _french(word: str) -> float:
    if word in _FRENCH_GRAMMAR or not _FRENCH_LETTERS.isdisjoint(word):
        return _SURE
    return _HINT if word.endswith(_FRENCH_ENDINGS) or "oi" in word or "qu" in word else 0.0


def _english(word: str) -> float:
    if word in _ENGLISH_GRAMMAR:
        return _SURE
    foreign = any(letters in word for letters in _ENGLISH_LETTERS)
    return _HINT if foreign or word.endswith(_ENGLISH_ENDINGS) else 0.0


def _score(words: list[str], of_word: Callable[[str], float]) -> float:
    return sum(of_word(word) for word in words)


def detect_language(text: str, default: Language = "fr") -> Language:
    """`default` where nothing speaks for either."""
    words = list(islice(raw_words(text[: _ENOUGH_WORDS * 12]), _ENOUGH_WORDS))
    french, english = _score(words, _french), _score(words, _english)
    if french == english:
        return default
    return "fr" if french > english else "en"
