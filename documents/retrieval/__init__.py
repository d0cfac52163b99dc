"""Search: the user's readable corpora inside the index query, hits re-read through the selectors.

asked.py      the question: its vector, its words' marks, how much of it a passage holds
glossary.py   other wordings that its corpora know
scoring.py    the score, out of the index's lists
candidates.py what the index says of one question
rows.py       hits into passages, as far as the user may read them
reranking.py  the best of them in a reranker's order
search.py     all of it, in order
tracing.py    how it came about, for whoever asks
context.py    what of it a model is given to read

Recipe and figures: docs/retrieval.md.
"""

from __future__ import annotations

from documents.retrieval.context import CHARACTERS_PER_TOKEN, passages_to_read
from documents.retrieval.results import AlsoIn, Degraded, FoundPassage, SearchResult, SearchScope
from documents.retrieval.scoring import CHUNK_CANDIDATES, fused_scores, lexical_scores
from documents.retrieval.search import search
from documents.retrieval.tracing import SearchTrace, traced

__all__ = [
    "CHARACTERS_PER_TOKEN",
    "CHUNK_CANDIDATES",
    "AlsoIn",
    "Degraded",
    "FoundPassage",
    "SearchResult",
    "SearchScope",
    "SearchTrace",
    "fused_scores",
    "lexical_scores",
    "passages_to_read",
    "search",
    "traced",
]
