"""Where the words of a question stand in a text, for marking them."""

from __future__ import annotations

import re
from functools import lru_cache

from ai.lexical.words import NUMBER, REMEMBERED_WORDS, words_of

# Found in the text as it is, since normalisation moves offsets: a word may hold combining
# accents and the characters that normalisation takes out.
_INSIDE = "\u0300-\u036f\u00ad\u200b·⋅"
_RAW_WORD = re.compile(rf"{NUMBER}|[^\W_](?:[^\W_]|[{_INSIDE}])*")


def matched_spans(text: str, question: str, language: str) -> list[tuple[int, int]]:
    """Code-point spans of the words whose stem is one of the question's, in their order."""
    wanted = {word.term for word in words_of(question, language)}
    return [
        match.span()
        for match in _RAW_WORD.finditer(text)
        if not wanted.isdisjoint(_terms_of(match.group(), language))
    ]


@lru_cache(maxsize=REMEMBERED_WORDS)
def _terms_of(written: str, language: str) -> tuple[str, ...]:
    return tuple(word.term for word in words_of(written, language))
