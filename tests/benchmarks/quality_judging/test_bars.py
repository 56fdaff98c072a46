"""What the suite counts by itself: areas, intervals, and whether a bar is met."""

import numpy as np
import pytest

from benchmarks.quality_judging import figures
from benchmarks.quality_judging.dimensions import near
from benchmarks.quality_judging.unfamiliar import Answers, _rows, auroc, interval, share_interval
from vecstore.evaluations import DataSummary, Figure, Protocol
from vecstore.judging.outcome import Judged, Outcome


def test_the_area_counts_pairs_in_order():
    ordinary, strange = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0])
    # (2 over 1, 2 beside 2, 2 under 3) and three times 4 above: 1 + 0.5 + 0 + 3 of 6.
    assert auroc(ordinary, strange) == pytest.approx(4.5 / 6)
    assert auroc(strange, ordinary) == pytest.approx(1.5 / 6)
    assert auroc(ordinary, ordinary) == 0.5


def test_the_area_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    ordinary, strange = rng.normal(0, 1, 80).round(1), rng.normal(1, 1, 50).round(1)
    truth = np.r_[np.zeros(80), np.ones(50)]
    expected = metrics.roc_auc_score(truth, np.concatenate([ordinary, strange]))
    assert auroc(ordinary, strange) == pytest.approx(expected)


def test_intervals_hold_the_figure():
    rng = np.random.default_rng(2)
    ordinary, strange = rng.normal(0, 1, 80), rng.normal(1, 1, 50)
    low, high = map(float, interval(ordinary, strange).split(" to "))
    assert low < auroc(ordinary, strange) < high
    assert share_interval(0.5, 100) == "0.402 to 0.598"
    assert share_interval(0.0, 100) == "0.000 to 0.000"


def answers(distances, flagged):
    return Answers(np.asarray(distances, float), np.asarray(flagged, float))


@pytest.mark.parametrize(
    ("far", "flags", "met"),
    [
        (9.0, 5, [True, True, True]),
        (0.0, 5, [False, True, True]),
        (9.0, 2, [True, False, True]),
        (9.0, 8, [True, False, True]),
    ],
)
def test_bars_of_the_unfamiliar(far, flags, met):
    ordinary = answers(np.linspace(1, 2, 100), [1] * flags + [0] * (100 - flags))
    strange = answers([far] * 10, [1] * 10)
    assert [row.met for row in _rows("nearest", 0.93, ordinary, strange, 0.5)] == met
    assert all(row.met for row in _rows("mahalanobis", None, ordinary, strange, 0.5))


@pytest.mark.parametrize(
    ("value", "met"),
    [(0.75, True), (0.774, True), (0.7249, False), (0.7251, True), (0.7751, False)],
)
def test_known_figures_are_compared_at_their_two_digits(value, met):
    assert near(value, 0.75) is met


def outcome(encoder, words):
    judged = [
        Judged("model@1", None, {"f": Figure(encoder, encoder - 0.1, encoder + 0.1)}),
        Judged("random twin of model@1", None, {"f": Figure(0.1)}),
    ]
    if words is not None:
        judged.append(Judged("TF-IDF", None, {"f": Figure(words)}))
    data = DataSummary("data", "0" * 64)
    return Outcome(Protocol.LABELS, data, 0, {}, tuple(judged), ())


@pytest.mark.parametrize(
    ("encoder", "words", "bar", "above", "met"),
    [
        (0.8, 0.7, None, True, True),
        (0.7, 0.7, None, True, False),
        (0.8, None, None, True, False),
        (0.8, 0.9, 0.8, False, True),
        (0.79, 0.1, 0.8, False, False),
        (0.1, 0.9, None, False, True),
    ],
)
def test_bars_of_what_is_evaluated(encoder, words, bar, above, met):
    row = figures.row("task", "data", outcome(encoder, words), "f", bar=bar, above=above)
    assert row.met is met
    assert row.baseline == words
    assert row.words == "random twin of model@1 0.100"
    assert bool(row.bar) == (above or bar is not None)
