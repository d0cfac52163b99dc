"""What the passage indexes agree on: names, payload, order of hits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from documents.ports import (
    IndexHit,
    IndexPoint,
    IndexQuery,
    Shown,
    SparseVector,
    Standing,
    StoredPoint,
)

LEXICAL = "lexical"
DENSE = "dense"

# Some hundred kilobytes a batch with all three parts of the recipe.
POINTS_PER_BATCH = 256

Payload = dict[str, str | int | None]


def payload_of(point: IndexPoint) -> Payload:
    return {
        "corpus": str(point.corpus),
        "document": str(point.document),
        "version": str(point.version),
        "media_type": point.media_type,
        "language": point.language,
        "section": point.section,
        **standing_payload(point.standing),
    }


def standing_payload(standing: Standing) -> Payload:
    """Days as numbers, which a range can compare. `live` is one too: Edge 0.9's Python binding
    turns a boolean to match into an integer, which then matches nothing."""
    return {
        "live": int(standing.shown),
        "valid_from": standing.valid_from.toordinal() if standing.valid_from else None,
        "valid_until": standing.valid_until.toordinal() if standing.valid_until else None,
    }


STORED_FIELDS = ["corpus", "version", "live", "valid_from", "valid_until"]


def stored_point(id_: object, payload: Mapping[str, Any] | None) -> StoredPoint:
    """The way back from payload_of()."""
    values = payload or {}
    return StoredPoint(
        id=id_ if isinstance(id_, UUID) else UUID(str(id_)),
        corpus=UUID(str(values["corpus"])),
        version=UUID(str(values["version"])),
        standing=Standing(
            shown=Shown(values["live"]),
            valid_from=_day(values.get("valid_from")),
            valid_until=_day(values.get("valid_until")),
        ),
    )


def point_of(
    stored: StoredPoint,
    payload: Mapping[str, Any],
    lexical: SparseVector,
    dense: tuple[float, ...] | None,
) -> IndexPoint:
    """All of it, the vectors included."""
    return IndexPoint(
        id=stored.id,
        corpus=stored.corpus,
        document=UUID(str(payload["document"])),
        version=stored.version,
        media_type=payload["media_type"],
        language=payload["language"],
        lexical=lexical,
        dense=dense,
        section=payload["section"],
        standing=stored.standing,
    )


def _day(number: int | None) -> date | None:
    return None if number is None else date.fromordinal(number)


def shown_to(query: IndexQuery) -> list[int]:
    return [int(Shown.LIVE), int(Shown.REPLACED)] if query.replaced else [int(Shown.LIVE)]


def ranked(hits: Iterable[IndexHit]) -> list[IndexHit]:
    """Best first; equal scores in the order of their ids, so that two runs agree."""
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))
