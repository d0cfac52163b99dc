"""Text to sparse vectors, without a model and without Django. See analyser.py for the recipe."""

from __future__ import annotations

from ai.lexical.analyser import (
    CHUNK_LENGTHS,
    FILE_LENGTHS,
    Analyser,
    AverageLengths,
    encode_passage,
    encode_question,
    measure_average_lengths,
)
from ai.lexical.highlight import matched_spans
from ai.lexical.language import detect_language
from ai.lexical.rewording import Entry, Glossary, Rewording, Wording, can_be_found
from ai.lexical.words import Language, Word, words_of

__all__ = [
    "CHUNK_LENGTHS",
    "FILE_LENGTHS",
    "Analyser",
    "AverageLengths",
    "Entry",
    "Glossary",
    "Language",
    "Rewording",
    "Word",
    "Wording",
    "can_be_found",
    "detect_language",
    "encode_passage",
    "encode_question",
    "matched_spans",
    "measure_average_lengths",
    "words_of",
]
