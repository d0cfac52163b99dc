"""Against values worked out by hand from the definitions."""

from __future__ import annotations

import math

import pytest

from evaluation.metrics import first_relevant, ndcg_at, recall_at, reciprocal_rank_at

GAINS = {"a": 1.0, "b": 1.0}


@pytest.mark.parametrize(
    ("ranking", "value"),
    [
        (["a", "b"], 1.0),
        (["x", "a", "b"], (1 / math.log2(3) + 1 / 2) / (1 + 1 / math.log2(3))),
        (["x", "y"], 0.0),
        (["x", "y", "a"], 0.0),  # beyond the cut
    ],
)
def test_ndcg_discounts_by_the_logarithm_of_the_rank(ranking, value):
    assert ndcg_at(2 if ranking == ["x", "y", "a"] else 10, ranking, GAINS) == pytest.approx(value)


def test_graded_gains_are_linear():
    gains = {"a": 2.0, "b": 1.0}
    ideal = 2 + 1 / math.log2(3)
    assert ndcg_at(10, ["b", "a"], gains) == pytest.approx((1 + 2 / math.log2(3)) / ideal)


def test_recall_and_reciprocal_rank_stop_at_their_cut():
    ranking = ["x", "a", "y", "b"]
    assert recall_at(3, ranking, GAINS) == 0.5
    assert recall_at(4, ranking, GAINS) == 1.0
    assert reciprocal_rank_at(10, ranking, GAINS) == 0.5
    assert reciprocal_rank_at(1, ranking, GAINS) == 0.0
    assert first_relevant(ranking, GAINS) == 2
    assert first_relevant(["x"], GAINS) is None


def test_without_anything_relevant_all_are_nought():
    assert ndcg_at(10, ["a"], {}) == recall_at(10, ["a"], {}) == 0.0
    assert reciprocal_rank_at(10, ["a"], {}) == 0.0
