"""Where the words of a question stand in a text, for marking them."""

from __future__ import annotations

import re

from ai.lexical.words import words_of

# Found in the text as it is, since normalisation moves offsets: a word may hold combining
# accents and the characters that normalisation takes out.
_INSIDE = "\u0300-\u036f\u00ad\u200b·⋅"
_RAW_WORD = re.compile(rf"\d+(?:[.,]\d+)+|[^\W_](?:[^\W_]|[{_INSIDE}])*")


def matched_spans(text: str, question: str, language: str) -> list[tuple[int, int]]:
    """Code-point spans of the words whose stem is one of the question's, in their order."""
    wanted = {word.term for word in words_of(question, language)}
    return [
        match.span()
        for match in _RAW_WORD.finditer(text)
        if any(word.term in wanted for word in words_of(match.group(), language))
    ]
