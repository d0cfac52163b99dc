"""From text to terms: normalised words, stop words out, stems, accents folded.

A word is analysed once and remembered, within bounds: texts repeat their words, and stemming
is what costs.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from threading import Lock
from typing import Literal, NamedTuple

import Stemmer

from ai.lexical.stop_words import ENGLISH, FRENCH

Language = Literal["fr", "en"]

# About 12 MB when full; a corpus of 10,000 chunks has some 40,000 different words, of which
# the frequent ones stay.
REMEMBERED_WORDS = 16_384

# A number is one word, with its separators ("1 000,5", "1,000", "14,2", "12.03.2024"). Elisions
# fall apart at the apostrophe, and their first half is a stop word.
NUMBER = r"\d{1,3}(?:[ \u00a0\u202f\u2009]\d{3})+(?:,\d+)?(?!\d)|\d+(?:[.,]\d+)+"
_WORD = re.compile(rf"{NUMBER}|[^\W_]+")
_THOUSANDS = re.compile(r",(?=\d{3}(?:\D|$))")

# NFKC leaves these: ligatures, an apostrophe that counts as a letter, and characters that
# hyphenation (soft hyphen) and inclusive writing (salarié·e·s) put inside a word.
_SPELLINGS = str.maketrans(
    {
        "œ": "oe",
        "Œ": "oe",
        "æ": "ae",
        "Æ": "ae",
        "\u02bc": "'",
        "\u00ad": None,
        "\u200b": None,
        "·": None,
        "⋅": None,
    }
)


class Word(NamedTuple):
    term: str  # stem without accents; "" for a stop word
    surface: str  # the word as written, without accents


STOPPED = Word("", "")


def normalised(text: str) -> str:
    if text.isascii():  # most English chunks: nothing to compose
        return text.lower()
    return unicodedata.normalize("NFKC", text).translate(_SPELLINGS).lower()


def folded(text: str) -> str:
    """Without accents."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


# Readers type without accents, capitals in old texts lack them.
_STOP_WORDS: dict[str, frozenset[str]] = {
    "fr": FRENCH | {folded(word) for word in FRENCH},
    "en": ENGLISH,
}
# A stemmer keeps state while it works; our own memory makes its cache superfluous.
_STEMMERS: dict[str, Stemmer.Stemmer] = {
    "fr": Stemmer.Stemmer("french", 0),
    "en": Stemmer.Stemmer("english", 0),
}
_stemming = Lock()


@lru_cache(maxsize=REMEMBERED_WORDS)
def analysed(word: str, language: str) -> Word:
    if word in _STOP_WORDS[language]:
        return STOPPED
    if word[0].isdigit():
        word = _THOUSANDS.sub("", word.replace(" ", "")).replace(",", ".")
    surface = folded(word)
    # Numbers and codes ("1200s", "l1234") mean themselves.
    if any(c.isdigit() for c in word):
        return Word(surface, surface)
    with _stemming:
        stem = _STEMMERS[language].stemWord(word)
    return Word(folded(stem), surface)


def raw_words(text: str) -> list[str]:
    """Normalised words in their order, stop words among them."""
    return _WORD.findall(normalised(text))


def words_of(text: str, language: str) -> list[Word]:
    """What is left of the text to search by, in its order."""
    return [word for raw in raw_words(text) if (word := analysed(raw, language)).term]
