"""Rank correlation of cosines with scores."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics.pairwise import cosine_similarity

from vecstore.errors import InvalidArgument, InvalidInput
from vecstore.evaluation.pairs import correlate


@pytest.mark.parametrize("kind", ["vectors", "sparse"])
def test_the_figure_is_scipys(kind, rng, request):
    rows = request.getfixturevalue(kind)
    a, b, scores = rows[:75], rows[75:], rng.integers(0, 6, 75)
    by_hand = cosine_similarity(a, b).diagonal()
    figure = correlate(a, b, scores, 0)["pairs.spearman"]
    assert figure.value == pytest.approx(spearmanr(by_hand, scores).statistic, abs=1e-4)
    assert -1 <= figure.low < figure.value < figure.high <= 1
    assert 0.2 < figure.high - figure.low < 0.8


def test_the_order_of_scores_is_all_that_counts(vectors, rotation):
    a, b = vectors[:75], vectors[75:]
    scores = cosine_similarity(a, b).diagonal()
    assert correlate(a, b, np.exp(5 * scores), 0)["pairs.spearman"].value == pytest.approx(1.0)
    turned = correlate(a @ rotation, b @ rotation, -scores, 0)["pairs.spearman"]
    assert turned.value == pytest.approx(-1.0)


def test_cosines_that_are_all_equal_order_nothing():
    rows = np.ones((4, 2), np.float32)
    assert correlate(rows, rows, [1, 2, 3, 4], 0)["pairs.spearman"].value == 0


@pytest.mark.parametrize(
    ("scores", "error", "message"),
    [
        ([2.0] * 75, InvalidArgument, "all 75 pairs have the score 2"),
        ([1.0, float("nan")] * 37 + [1.0], InvalidInput, "the score of pair 2 is nan"),
        ([1.0] * 74, InvalidArgument, "74 scores and 75 pairs"),
    ],
)
def test_scores_that_say_nothing(vectors, scores, error, message):
    with pytest.raises(error, match=message):
        correlate(vectors[:75], vectors[75:], scores, 0)


def test_pairs_that_are_none(vectors):
    with pytest.raises(InvalidArgument, match="5 first inputs and 4 second inputs"):
        correlate(vectors[:5], vectors[:4], [1, 2, 3, 4, 5], 0)
    with pytest.raises(InvalidArgument, match="at least 3 pairs, and there are 2"):
        correlate(vectors[:2], vectors[:2], [1, 2], 0)
