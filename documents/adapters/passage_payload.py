"""What the passage indexes agree on: names, payload, order of hits."""

from __future__ import annotations

from collections.abc import Iterable

from documents.ports import IndexHit, IndexPoint

LEXICAL = "lexical"
DENSE = "dense"

# A number rather than a boolean: Edge 0.9's Python binding turns a boolean to match into an
# integer, which then matches nothing.
HIDDEN, LIVE = 0, 1

# Some hundred kilobytes a batch with all three parts of the recipe.
POINTS_PER_BATCH = 256

Payload = dict[str, str | int]


def payload_of(point: IndexPoint) -> Payload:
    return {
        "corpus": str(point.corpus),
        "document": str(point.document),
        "version": str(point.version),
        "media_type": point.media_type,
        "language": point.language,
        "live": HIDDEN,
    }


def ranked(hits: Iterable[IndexHit]) -> list[IndexHit]:
    """Best first; equal scores in the order of their ids, so that two runs agree."""
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))
