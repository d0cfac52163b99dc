"""Ranking metrics and times in a table."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evaluation.metrics import ndcg_at, recall_at, reciprocal_rank_at

__all__ = ["ndcg_at", "percentile", "recall_at", "reciprocal_rank_at"]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of `values` lie, nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
