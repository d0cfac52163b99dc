"""Ranking metrics as BEIR and trec_eval define them.

nDCG: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002, with the
linear gains of trec_eval's ndcg_cut. Recall: trec_eval's recall. Reciprocal rank: Voorhees, "The
TREC-8 question answering track report", 1999.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def ndcg_at(k: int, ranking: Sequence[Key], gains: Mapping[Key, float]) -> float:
    """Discounted cumulative gain over the ideal one; gains are linear, as in trec_eval."""
    found = sum(
        gains.get(key, 0.0) / math.log2(rank + 1) for rank, key in enumerate(ranking[:k], start=1)
    )
    best = sorted(gains.values(), reverse=True)[:k]
    ideal = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(best, start=1))
    return found / ideal if ideal else 0.0


def recall_at(k: int, ranking: Sequence[Key], gains: Mapping[Key, float]) -> float:
    """Share of what is relevant among the first `k`, 0 to 1."""
    relevant = {key for key, gain in gains.items() if gain > 0}
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank_at(k: int, ranking: Sequence[Key], gains: Mapping[Key, float]) -> float:
    """One over the rank of the first relevant one among the first `k`; 0 where there is none."""
    rank = first_relevant(ranking[:k], gains)
    return 1 / rank if rank else 0.0


def first_relevant(ranking: Sequence[Key], gains: Mapping[Key, float]) -> int | None:
    """The rank, from 1, of the first relevant one."""
    ranks = enumerate(ranking, start=1)
    return next((rank for rank, key in ranks if gains.get(key, 0.0) > 0), None)
