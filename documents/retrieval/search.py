"""From a question to the best passages that its asker may read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from accounts.models import User
from ai.lexical import Language, detect_language
from documents.models import Corpus
from documents.retrieval.asked import Asked
from documents.retrieval.candidates import Candidates
from documents.retrieval.glossary import rewordings
from documents.retrieval.reranking import reranked, rows_to_read
from documents.retrieval.results import SearchResult, SearchScope
from documents.retrieval.rows import read_passages
from documents.retrieval.scoring import ORIGINAL_WEIGHT, PART_WEIGHT, merged_scores
from documents.retrieval.tracing import note, timed
from documents.selectors import readable_corpora_among


@timed()
def search(
    user: User,
    question: str,
    *,
    scope: SearchScope | None = None,
    limit: int = 50,
    parts: Sequence[str] = (),
    original: str = "",
) -> SearchResult:
    """The `limit` best passages for `question` among what `user` may read now.

    Beside it are searched its `parts`, where it asks several things, and the `original` wording of
    a follow-up, which counts for the order but is no evidence: it leaves half of it unsaid.
    """
    scope = scope or SearchScope()
    corpora = tuple(readable_corpora_among(user, scope.corpora))
    asked = _asked(question, corpora)
    if not corpora:
        return SearchResult(asked.language, passages=(), corpora=(), evidence=0.0)
    # A part that is the original too counts as a part.
    weights = {original: ORIGINAL_WEIGHT, **dict.fromkeys(parts, PART_WEIGHT)}
    beside = {
        text: (_asked(text, corpora), weight)
        for text, weight in weights.items()
        if text and text != question
    }
    candidates = Candidates(scope, corpora)
    scores = merged_scores(
        candidates.scores(asked),
        [(candidates.scores(other), weight) for other, weight in beside.values()],
    )
    best = sorted(scores, key=scores.__getitem__, reverse=True)[: rows_to_read(limit)]
    read = read_passages(user, best, scores, asked, scope.as_of)
    note("rows", asked=asked, fused=scores, read=read)
    passages, failed = reranked(question, read)
    note("reranking")
    judged = [asked, *(beside[text][0] for text in parts if text in beside)]
    return SearchResult(
        language=asked.language,
        passages=passages[:limit],
        corpora=corpora,
        evidence=max(one.evidence(passages[:limit]) for one in judged),
        notices=(*candidates.notices, *([failed] if failed else [])),
    )


def _asked(question: str, corpora: Sequence[Corpus]) -> Asked:
    default = corpora[0].language if corpora else "fr"
    language = detect_language(question, default=cast(Language, default))
    return Asked(question, language, rewordings(corpora, question, language))
