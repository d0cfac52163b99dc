"""Ranking metrics as BEIR and trec_eval define them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def ndcg_at(k: int, ranking: Sequence[str], gains: Mapping[str, float]) -> float:
    """Discounted cumulative gain over the ideal one; gains are linear, as in trec_eval."""
    found = sum(
        gains.get(key, 0.0) / math.log2(rank + 1) for rank, key in enumerate(ranking[:k], start=1)
    )
    best = sorted(gains.values(), reverse=True)[:k]
    ideal = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(best, start=1))
    return found / ideal if ideal else 0.0


def recall_at(k: int, ranking: Sequence[str], gains: Mapping[str, float]) -> float:
    relevant = {key for key, gain in gains.items() if gain > 0}
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank_at(k: int, ranking: Sequence[str], gains: Mapping[str, float]) -> float:
    for rank, key in enumerate(ranking[:k], start=1):
        if gains.get(key, 0.0) > 0:
            return 1 / rank
    return 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of `values` lie, nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0
