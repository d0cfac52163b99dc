"""How well an embedding model tells other words for the same from words that come near.

    python -m bench.approved --embedding MODEL --embedding-url URL

What documents.approved decides by, on the pairs of documents/tests/wordings.py: of the words that
part two questions, how many pairs would pass at each threshold; and every question of the sets that
words alone leave open.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator, Sequence
from statistics import mean
from typing import TYPE_CHECKING

from bench.scratch import scratch_installation

if TYPE_CHECKING:
    from ai.ports import Embedder

THRESHOLDS = (0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)


def likenesses(embedder: Embedder, pairs: Sequence[tuple[str, str]]) -> list[float]:
    from documents.approved import UNRELATED, above, cosine

    unrelated = embedder.embed_passages(UNRELATED)
    nothing = mean(cosine(one, other) for one, other in itertools.combinations(unrelated, 2))
    vectors = embedder.embed_passages([text for pair in pairs for text in pair])
    return [
        above(nothing, cosine(one, other))
        for one, other in zip(vectors[::2], vectors[1::2], strict=True)
    ]


def pairs_of(words: str) -> list[tuple[str, str]]:
    pairs = (pair.replace("_", " ").partition("/") for pair in words.split())
    return [(one, other) for one, _slash, other in pairs]


def open_questions() -> Iterator[tuple[str, str, str, str, str]]:
    """Whether it asks the same, both questions, and the words that part them."""
    from documents.approved_matching import FLOOR, likeness, wording_of
    from documents.tests.wordings import GROUPS, HELD_OUT

    for group in (*GROUPS, *HELD_OUT):
        approved = wording_of(group.approved, group.language)
        for kind, texts in (("same", group.same), ("near", group.near)):
            for text in texts:
                like = likeness(wording_of(text, group.language), approved)
                if not like.is_same and like.score >= FLOOR and like.apart and all(like.apart):
                    mine, theirs = (" ".join(sorted(words)) for words in like.apart)
                    yield kind, group.approved, text, mine, theirs


def report(embedder: Embedder) -> None:
    from documents.tests.wordings import OPPOSITES, SYNONYMS

    same, other = (likenesses(embedder, pairs_of(words)) for words in (SYNONYMS, OPPOSITES))
    print(f"{'threshold':10}{'synonyms':>14}{'opposites':>14}")
    for threshold in THRESHOLDS:
        shares = (f"{sum(x >= threshold for x in xs)} of {len(xs)}" for xs in (same, other))
        print(f"{threshold:<10}" + "".join(f"{share:>14}" for share in shares))
    asked = list(open_questions())
    questions = likenesses(embedder, [(one, text) for _kind, one, text, _mine, _theirs in asked])
    apart = likenesses(embedder, [(mine, theirs) for *_, mine, theirs in asked])
    for row, question, words in sorted(zip(asked, questions, apart, strict=True)):
        print(f"{row[0]}  questions {question:.2f}  words {words:.2f}  {row[2]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--embedding", required=True, help="name of an embedding model")
    parser.add_argument("--embedding-url", default="", help="of its OpenAI-compatible server")
    arguments = parser.parse_args()
    with scratch_installation(
        embedding_model=arguments.embedding, embedding_url=arguments.embedding_url
    ):
        from ai.services import get_embedder

        embedder = get_embedder()
        if embedder is not None:
            report(embedder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
