"""What a model makes of a question before the search, read out of its own words."""

from __future__ import annotations

import re
from typing import NamedTuple

# A longer "question" is an answer or a lecture: searching with it finds nothing good.
MAX_CHARACTERS = 600
MAX_PARTS = 4

# A short question asks one thing, whatever its words.
_FEW_WORDS = 10
_CONNECTIVES = re.compile(
    r"[;:]|\b(?:et|ainsi que|puis|aussi|and|as well as|then|also|plus|or|ou)\b", re.IGNORECASE
)
_QUOTES = " \t\"'«»“”"
_PART = re.compile(r"[-*•]\s+(.+)")


class Understood(NamedTuple):
    question: str  # stands alone
    parts: tuple[str, ...] = ()  # where it asks several things; each stands alone


def may_ask_several(question: str) -> bool:
    """Whether it is worth asking a model, which the reader waits for."""
    if question.count("?") > 1:
        return True
    return len(question.split()) > _FEW_WORDS and bool(_CONNECTIVES.search(question))


def parse_understood(answer: str, question: str) -> Understood:
    """The last line is the question, or the one above the last lines that begin with a dash:
    models that think aloud end with what they were asked for. `question` where there is none."""
    lines = [line.strip() for line in answer.splitlines() if line.strip(_QUOTES)]
    parts: list[str] = []
    while lines and (part := _PART.fullmatch(lines[-1])):
        parts.insert(0, part[1].strip(_QUOTES))
        lines.pop()
    whole = lines[-1].strip(_QUOTES) if lines else question
    if not 0 < len(whole) <= MAX_CHARACTERS:
        whole = question
    kept = tuple(
        part for part in dict.fromkeys(parts) if part != whole and len(part) <= MAX_CHARACTERS
    )
    # One part is the question over again; many are an outline of an answer.
    return Understood(whole, kept if 1 < len(kept) <= MAX_PARTS else ())
